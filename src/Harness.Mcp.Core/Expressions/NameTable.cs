using Harness.Mcp.Core.Expressions.Functions;
using Harness.Mcp.Core.Expressions.Nodes;

namespace Harness.Mcp.Core.Expressions;

/// <summary>What names mean outside an expression's own variables: the environment's variables, and the names of types.</summary>
internal sealed class NameTable(CelEnvironment environment)
{
    private static readonly Dictionary<string, CelType> TypeNames = new(StringComparer.Ordinal)
    {
        ["bool"] = CelType.Bool,
        ["int"] = CelType.Int,
        ["uint"] = CelType.Uint,
        ["double"] = CelType.Double,
        ["string"] = CelType.String,
        ["bytes"] = CelType.Bytes,
        ["list"] = CelType.ListOf(CelType.Dyn),
        ["map"] = CelType.MapOf(CelType.Dyn, CelType.Dyn),
        ["null_type"] = CelType.Null,
        ["type"] = CelType.TypeOf(CelType.Dyn),
        ["optional_type"] = CelType.OptionalOf(CelType.Dyn),
        ["google.protobuf.Timestamp"] = CelType.Timestamp,
        ["google.protobuf.Duration"] = CelType.Duration,
        ["net.IP"] = Networks.Ip,
        ["net.CIDR"] = Networks.Cidr,
    };

    private readonly Dictionary<string, int> _variables =
        environment.Variables.Select((variable, index) => (variable.Name, index)).ToDictionary(pair => pair.Name, pair => pair.index, StringComparer.Ordinal);

    /// <summary>For suggestions.</summary>
    public IEnumerable<string> Known => _variables.Keys;

    public Typed? Find(string name)
    {
        foreach (var candidate in Candidates(name))
        {
            if (_variables.TryGetValue(candidate, out var index))
                return new(new VariableNode(index), environment.Variables[index].Type);
            if (TypeNames.TryGetValue(candidate, out var type))
                return new(new ConstantNode(CelValue.OfType(candidate)), CelType.TypeOf(type));
        }

        return null;
    }

    /// <summary>A name in each enclosing part of the container, innermost first; one with a leading dot is looked up from the root alone.</summary>
    public IEnumerable<string> Candidates(string name)
    {
        if (name.StartsWith('.'))
        {
            yield return name[1..];
            yield break;
        }

        for (var container = environment.Container; container.Length > 0;)
        {
            yield return $"{container}.{name}";
            var dot = container.LastIndexOf('.');
            container = dot < 0 ? "" : container[..dot];
        }

        yield return name;
    }
}
