using System.Reflection;
using Mono.Cecil;
using Mono.Cecil.Cil;
using TorchSharp;

namespace TransferKit.Vision.Tests.Runtime;

/// <summary>
/// Finds, in compiled code, native objects of TorchSharp that nothing keeps alive while libtorch reads them: a <see cref="Scalar"/>,
/// a <see cref="torch.Generator"/> or any other with a finalizer, which is made and passed on, and not disposed by a
/// <c>using</c> of the same method, returned, dropped unused, or kept in a static field. A call counts as well if what it calls
/// within TorchSharp does so. Not for tensors and modules, which dispose scopes and fields keep, nor for what functions of one's own
/// make in autograd's graph: TorchSharp keeps it in a list as long as the graph lives.
/// </summary>
internal sealed class NativeOwnership : IDisposable
{
    private readonly DefaultAssemblyResolver _resolver = new();
    private readonly HashSet<TypeDefinition> _owners;
    private readonly HashSet<MethodDefinition> _careless;

    public NativeOwnership()
    {
        _resolver.AddSearchDirectory(AppContext.BaseDirectory);
        var types = TypesOf(Open(typeof(torch).Assembly)).ToList();
        var kept = types.Where(type => type.FullName is "TorchSharp.torch/Tensor" or "TorchSharp.torch/nn/Module");
        _owners = [.. types.Where(type => Ancestors(type).Any(HasFinalizer) && !Ancestors(type).Intersect(kept).Any())];
        _careless = FindCareless([.. types.SelectMany(type => type.Methods).Where(method => method.HasBody)]);
    }

    public void Dispose() => _resolver.Dispose();

    /// <summary>TorchSharp's methods that must not be called, by name and types of parameters.</summary>
    public IEnumerable<string> Careless => _careless.Select(Name);

    /// <summary>Where the code of an assembly leaves a native object to the garbage collector.</summary>
    public IReadOnlyList<string> FindIn(Assembly assembly) =>
    [
        .. from type in TypesOf(Open(assembly))
           from method in type.Methods.Where(method => method.HasBody)
           from instruction in method.Body.Instructions
           where Calls(instruction).Any(_careless.Contains) || IsLeftAlone(instruction, method)
           select $"{type.Name}.{method.Name} calls {Name((MethodReference)instruction.Operand)}",
    ];

    /// <summary>Those that leave an object alone, those that call them, and so on.</summary>
    private HashSet<MethodDefinition> FindCareless(List<MethodDefinition> methods)
    {
        var callers = (
            from method in methods
            from instruction in method.Body.Instructions
            from called in Calls(instruction)
            select (called, method)).ToLookup(pair => pair.called, pair => pair.method);
        var careless = new HashSet<MethodDefinition>();
        var found = new Stack<MethodDefinition>(
            methods.Where(method => method.Body.Instructions.Any(instruction => IsLeftAlone(instruction, method))));
        while (found.TryPop(out var method))
            if (method.DeclaringType.FullName != "TorchSharp.torch/autograd/Function`1" && careless.Add(method))
                foreach (var caller in callers[method])
                    found.Push(caller);
        return careless;
    }

    /// <summary>Whether an instruction makes an owner, or is given one, that nothing keeps.</summary>
    private bool IsLeftAlone(Instruction instruction, MethodDefinition method)
    {
        if (instruction.Operand is not MethodReference called)
            return false;
        var isNew = instruction.OpCode.Code == Code.Newobj;
        var type = isNew ? called.DeclaringType : instruction.OpCode.FlowControl == FlowControl.Call ? called.ReturnType : null;
        if (type is null || Definition(type) is not { } made || !_owners.Contains(made))
            return false;
        // What a constructor stores lives as long as its object.
        var next = instruction.Next;
        return next.OpCode.Code is not (Code.Ret or Code.Pop or Code.Stsfld)
            && !(next.OpCode.Code == Code.Stfld && method.IsConstructor)
            && !(LocalStoredBy(next) is { } local && IsDisposedAtTheEnd(local, method));
    }

    /// <summary>Whether a <c>finally</c> disposes a local variable: then it lives until there.</summary>
    private static bool IsDisposedAtTheEnd(int local, MethodDefinition method) => method.Body.ExceptionHandlers
        .Where(handler => handler.HandlerType == ExceptionHandlerType.Finally)
        .SelectMany(handler => Between(handler.HandlerStart, handler.HandlerEnd))
        .Any(at => LocalLoadedBy(at) == local && at.Next.Operand is MethodReference { Name: nameof(IDisposable.Dispose) });

    private static IEnumerable<Instruction> Between(Instruction start, Instruction? end)
    {
        for (var at = start; at is not null && at != end; at = at.Next)
            yield return at;
    }

    /// <summary>TorchSharp's methods that an instruction runs, or may run: an iterator's body is in a class of its own.</summary>
    private static IEnumerable<MethodDefinition> Calls(Instruction instruction)
    {
        if (instruction.Operand is not MethodReference reference || Definition(reference.DeclaringType) is not { } type)
            yield break;
        if (reference.Resolve() is { } method)
            yield return method;
        if (instruction.OpCode.Code == Code.Newobj && type.Name.StartsWith('<'))
            foreach (var part in type.Methods)
                yield return part;
    }

    /// <summary>The definition of a type of TorchSharp; null for all others.</summary>
    private static TypeDefinition? Definition(TypeReference type) =>
        type.Scope?.Name is "TorchSharp" or "TorchSharp.dll" && !type.IsGenericParameter ? type.Resolve() : null;

    private static int? LocalStoredBy(Instruction at) => at.OpCode.Code switch
    {
        >= Code.Stloc_0 and <= Code.Stloc_3 => at.OpCode.Code - Code.Stloc_0,
        Code.Stloc or Code.Stloc_S => ((VariableDefinition)at.Operand).Index,
        _ => null,
    };

    private static int? LocalLoadedBy(Instruction at) => at.OpCode.Code switch
    {
        >= Code.Ldloc_0 and <= Code.Ldloc_3 => at.OpCode.Code - Code.Ldloc_0,
        Code.Ldloc or Code.Ldloc_S => ((VariableDefinition)at.Operand).Index,
        _ => null,
    };

    private static IEnumerable<TypeDefinition> Ancestors(TypeDefinition type)
    {
        for (var at = type; at is not null; at = at.BaseType is { } parent ? Definition(parent) : null)
            yield return at;
    }

    private static bool HasFinalizer(TypeDefinition type) => type.Methods.Any(method => method.Name == "Finalize");

    private static IEnumerable<TypeDefinition> TypesOf(ModuleDefinition module) => module.GetTypes();

    // By its full name, by which other assemblies refer to it too: so there is one definition of each method.
    private ModuleDefinition Open(Assembly assembly) =>
        _resolver.Resolve(AssemblyNameReference.Parse(assembly.FullName)).MainModule;

    private static string Name(MethodReference method) =>
        $"{method.DeclaringType.Name}.{method.Name}({string.Join(", ", method.Parameters.Select(parameter => parameter.ParameterType.Name))})";
}
