using System.Reflection;
using Mono.Cecil;

namespace TransferKit.Vision.Tests.Architecture;

/// <summary>A type of one folder that uses a type of another.</summary>
internal sealed record FolderReference(string From, string To, string User, string Used)
{
    public override string ToString() => $"{From} -> {To}: {User} uses {Used}";
}

/// <summary>
/// Which folders of a library use which, seen in compiled code: the symbols say in which file a type is written, signatures,
/// attributes and instructions which others it needs. What the compiler makes of a constant or of <c>nameof</c> leaves no trace.
/// </summary>
internal static class FolderReferences
{
    /// <summary>All uses between different folders of an assembly's own sources.</summary>
    /// <param name="assembly">A library of <c>src/NAME</c>, with its portable symbols beside it.</param>
    public static IReadOnlyList<FolderReference> Of(Assembly assembly)
    {
        var folders = SourceFolders.Of(assembly);
        using var module = ModuleDefinition.ReadModule(assembly.Location);
        var found =
            from type in module.Types
            let folder = folders.GetValueOrDefault(type.MetadataToken.ToInt32())
            where folder is not null
            from used in UsedBy(type).Select(Outermost).Distinct()
            let other = folders.GetValueOrDefault(used.MetadataToken.ToInt32())
            where other is not null && other != folder
            select new FolderReference(folder, other, type.Name, used.Name);
        return [.. found];
    }

    private static TypeDefinition Outermost(TypeDefinition type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type;
    }

    /// <summary>The definitions, of this assembly alone, that a type and those within it need.</summary>
    private static IEnumerable<TypeDefinition> UsedBy(TypeDefinition type) =>
        ReferencesOf(type).SelectMany(Parts).OfType<TypeDefinition>()
            .Concat(type.NestedTypes.SelectMany(UsedBy));

    private static IEnumerable<TypeReference?> ReferencesOf(TypeDefinition type) =>
    [
        type.BaseType,
        .. type.Interfaces.Select(found => found.InterfaceType),
        .. type.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType),
        .. type.Fields.Select(field => field.FieldType),
        .. AttributesOf(type).SelectMany(ReferencesOf),
        .. type.Methods.SelectMany(ReferencesOf),
    ];

    private static IEnumerable<CustomAttribute> AttributesOf(TypeDefinition type) =>
        new Mono.Cecil.ICustomAttributeProvider[] { type }.Concat(type.Fields).Concat(type.Properties).Concat(type.Methods)
            .SelectMany(member => member.CustomAttributes);

    private static IEnumerable<TypeReference?> ReferencesOf(CustomAttribute attribute) =>
    [
        attribute.AttributeType,
        .. attribute.ConstructorArguments.Select(argument => argument.Value).OfType<TypeReference>(),
    ];

    private static IEnumerable<TypeReference?> ReferencesOf(MethodDefinition method) =>
    [
        .. Signature(method),
        .. method.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType),
        .. method.HasBody ? method.Body.Variables.Select(variable => variable.VariableType) : [],
        .. method.HasBody ? method.Body.ExceptionHandlers.Select(handler => handler.CatchType) : [],
        .. method.HasBody ? method.Body.Instructions.SelectMany(instruction => instruction.Operand switch
        {
            TypeReference reference => [reference],
            FieldReference field => [field.DeclaringType, field.FieldType],
            MethodReference called => Signature(called),
            _ => Enumerable.Empty<TypeReference?>(),
        }) : [],
    ];

    private static IEnumerable<TypeReference?> Signature(MethodReference method) =>
    [
        method.DeclaringType, method.ReturnType, .. method.Parameters.Select(parameter => parameter.ParameterType),
        .. method is GenericInstanceMethod generic ? generic.GenericArguments : [],
    ];

    /// <summary>The types that a reference is made of: the element of an array, the arguments of a generic one.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference? reference) => reference switch
    {
        null => [],
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Append(generic.ElementType),
        TypeSpecification part => Parts(part.ElementType),
        _ => [reference],
    };
}
