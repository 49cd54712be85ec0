using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using TorchSharp;
using TorchSharp.Modules;

namespace TransferKit;

/// <summary>
/// Looks into TorchSharp modules of the user's own. TorchSharp knows what of them <c>RegisterComponents</c> finds: the fields
/// that are modules or parameters, and not those that hold some.
/// </summary>
internal static partial class ModuleMembers
{
    /// <summary>A name within a state_dict without what the compiler makes of an auto-property's.</summary>
    public static string NameOf(string key) => BackingField().Replace(key, "$1");

    /// <summary>
    /// Checks that everything within a module is registered; what isn't would be neither saved nor trained nor moved to a GPU,
    /// and its dropout would stay on in evaluation.
    /// </summary>
    /// <exception cref="ArgumentException">Something isn't; the message says what to do about it.</exception>
    public static void RequireRegistered(torch.nn.Module module)
    {
        var known = new HashSet<object>(ReferenceEqualityComparer.Instance) { module };
        known.UnionWith(module.modules());
        var owners = known.Cast<torch.nn.Module>().ToList();
        known.UnionWith(module.parameters());
        foreach (var owner in owners)
            foreach (var field in FieldsOf(owner.GetType()))
                if (Parts(field.GetValue(owner)).Any(part => !known.Contains(part)))
                    throw new ArgumentException(ErrorOf(owner, field), nameof(module));
    }

    private static string ErrorOf(torch.nn.Module owner, FieldInfo field)
    {
        var name = $"{NameOf(field.Name)} of {owner.GetType().Name}";
        var value = field.GetValue(owner)!;
        return value is torch.nn.Module or Parameter
            ? $"TorchSharp doesn't know {name}: call RegisterComponents() at the end of the constructor."
            : $"TorchSharp doesn't find the modules in the {value.GetType().Name.Split('`')[0]} {name}: they would be neither "
                + "saved nor trained, and their dropout would stay on in evaluation. Use a ModuleList or ModuleDict, or call "
                + "register_module for each in the constructor.";
    }

    /// <summary>The fields of a module that its own classes have, and not TorchSharp's.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070",
        Justification = "A field that trimming took away is never read, so that no module in it runs.")]
    private static IEnumerable<FieldInfo> FieldsOf(Type type)
    {
        const BindingFlags own =
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        return type.BaseType is null || type.Assembly == typeof(torch.nn.Module).Assembly
            ? []
            : type.GetFields(own).Concat(FieldsOf(type.BaseType));
    }

    /// <summary>The modules and parameters that a value is or holds. Only what lies in memory already is looked at.</summary>
    private static IEnumerable<object> Parts(object? value) => value switch
    {
        torch.nn.Module or Parameter => [value],
        string or torch.Tensor => [],
        IDictionary pairs => pairs.Values.Cast<object?>().SelectMany(Parts),
        ICollection items => items.Cast<object?>().SelectMany(Parts),
        ITuple items => Enumerable.Range(0, items.Length).SelectMany(i => Parts(items[i])),
        _ => [],
    };

    [GeneratedRegex(@"<(\w+)>k__BackingField")]
    private static partial Regex BackingField();
}
