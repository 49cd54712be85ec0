using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace TransferKit.Vision.Tests.Architecture;

/// <summary>In which folder of a library's sources a compiled type is written, as its portable symbols say.</summary>
internal static class SourceFolders
{
    /// <summary>What the compiler notes for types without code, such as enums and interfaces: rows of their documents.</summary>
    private static readonly Guid TypeDefinitionDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    /// <summary>The folder of each outermost type, by its metadata token; generated types have none.</summary>
    /// <param name="assembly">A library of <c>src/NAME</c>, with its symbols beside it.</param>
    /// <returns>Names of folders right below the library's own, which is <c>.</c>.</returns>
    public static IReadOnlyDictionary<int, string> Of(Assembly assembly)
    {
        using var image = new PEReader(File.OpenRead(assembly.Location));
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(
            File.OpenRead(Path.ChangeExtension(assembly.Location, ".pdb")));
        var (types, documents) = (image.GetMetadataReader(), symbols.GetMetadataReader());
        var root = $"/src/{assembly.GetName().Name}/";
        var folders = new Dictionary<int, string>();
        foreach (var handle in types.TypeDefinitions)
            foreach (var document in DocumentsOf(handle, types.GetTypeDefinition(handle), documents))
            {
                var path = documents.GetString(documents.GetDocument(document).Name).Replace('\\', '/');
                if (path.LastIndexOf(root, StringComparison.Ordinal) is var start and >= 0
                    && path[(start + root.Length)..].Split('/') is var parts && parts[0] is not ("obj" or "bin"))
                    folders[MetadataTokens.GetToken(Outermost(handle, types))] = parts.Length == 1 ? "." : parts[0];
            }
        return folders;
    }

    private static IEnumerable<DocumentHandle> DocumentsOf(
        TypeDefinitionHandle handle, System.Reflection.Metadata.TypeDefinition type, MetadataReader documents)
    {
        foreach (var method in type.GetMethods())
            foreach (var point in documents.GetMethodDebugInformation(method.ToDebugInformationHandle()).GetSequencePoints())
                yield return point.Document;
        foreach (var information in documents.GetCustomDebugInformation(handle).Select(documents.GetCustomDebugInformation))
            if (documents.GetGuid(information.Kind) == TypeDefinitionDocuments)
                for (var rows = documents.GetBlobReader(information.Value); rows.RemainingBytes > 0;)
                    yield return MetadataTokens.DocumentHandle(rows.ReadCompressedInteger());
    }

    private static TypeDefinitionHandle Outermost(TypeDefinitionHandle handle, MetadataReader types)
    {
        while (types.GetTypeDefinition(handle).GetDeclaringType() is { IsNil: false } outer)
            handle = outer;
        return handle;
    }
}
