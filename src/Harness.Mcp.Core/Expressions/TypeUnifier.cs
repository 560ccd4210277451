using System.Collections.Immutable;
using System.Globalization;

namespace Harness.Mcp.Core.Expressions;

/// <summary>
/// Settles type parameters while an expression is checked. Typing is gradual: `dyn` fits everything, and where two bindings of
/// a parameter differ only in generality, the more general one is kept.
/// </summary>
internal sealed class TypeUnifier
{
    private Dictionary<string, CelType> _bindings = new(StringComparer.Ordinal);
    private int _fresh;

    public CelType.Parameter Fresh() => new("$" + (++_fresh).ToString(CultureInfo.InvariantCulture));

    /// <summary>Whether each value fits each place. Bindings are kept only where all do.</summary>
    public bool AreAssignable(ReadOnlySpan<CelType> to, ReadOnlySpan<CelType> from)
    {
        if (to.Length != from.Length)
            return false;

        var before = new Dictionary<string, CelType>(_bindings, StringComparer.Ordinal);
        for (var index = 0; index < to.Length; index++)
        {
            if (!Fits(from[index], to[index]))
            {
                _bindings = before;
                return false;
            }
        }

        return true;
    }

    public bool IsAssignable(CelType to, CelType from) => AreAssignable([to], [from]);

    /// <summary>The type of the items of a list to which both belong: the more general of the two, or dyn.</summary>
    public CelType Join(CelType first, CelType second) =>
        IsAssignable(first, second) ? MostGeneral(Resolve(first), Resolve(second)) : CelType.Dyn;

    /// <summary>The type with its settled parameters filled in; those still open stay.</summary>
    public CelType Resolve(CelType type) => Resolve(type, openIsDyn: false);

    /// <summary>The type with its settled parameters filled in, and dyn for the others.</summary>
    public CelType Settle(CelType type) => Resolve(type, openIsDyn: true);

    /// <summary>A signature's types with parameters of their own, so that two uses do not meet.</summary>
    public (ImmutableArray<CelType> Parameters, CelType Result) Instantiate(CelSignature signature)
    {
        var own = new Dictionary<string, CelType>(StringComparer.Ordinal);
        return ([.. signature.Parameters.Select(type => Rename(type, own))], Rename(signature.Result, own));
    }

    private CelType Rename(CelType type, Dictionary<string, CelType> own)
    {
        switch (type)
        {
            case CelType.Parameter parameter:
                if (!own.TryGetValue(parameter.Name, out var fresh))
                    own[parameter.Name] = fresh = Fresh();
                return fresh;
            case CelType.Generic generic:
                return new CelType.Generic(generic.Name, [.. generic.Arguments.Select(argument => Rename(argument, own))]);
            default:
                return type;
        }
    }

    private CelType Resolve(CelType type, bool openIsDyn) => type switch
    {
        CelType.Parameter parameter when _bindings.TryGetValue(parameter.Name, out var bound) => Resolve(bound, openIsDyn),
        CelType.Parameter when openIsDyn => CelType.Dyn,
        CelType.Generic generic => new CelType.Generic(generic.Name, [.. generic.Arguments.Select(argument => Resolve(argument, openIsDyn))]),
        _ => type,
    };

    private bool Fits(CelType first, CelType second)
    {
        if (second is CelType.Parameter secondParameter)
        {
            var (fits, isDecided) = Bind(secondParameter, first);
            if (fits || isDecided)
                return fits;
        }

        if (first is CelType.Parameter firstParameter)
            return Bind(firstParameter, second).Fits;
        if (IsDyn(first) || IsDyn(second))
            return true;
        if (first == CelType.Null || second == CelType.Null)
            return first == second || IsNullable(first) || IsNullable(second);
        if (first is not CelType.Generic one || second is not CelType.Generic other)
            return first == second;
        if (!string.Equals(one.Name, other.Name, StringComparison.Ordinal) || one.Arguments.Length != other.Arguments.Length)
            return false;
        if (one.Name is "type")
            return true; // Types are compared with each other, whatever they describe.

        for (var index = 0; index < one.Arguments.Length; index++)
            if (!Fits(one.Arguments[index], other.Arguments[index]))
                return false;
        return true;
    }

    private (bool Fits, bool IsDecided) Bind(CelType.Parameter parameter, CelType type)
    {
        if (type == parameter)
            return (true, true);

        if (_bindings.TryGetValue(parameter.Name, out var bound))
        {
            if (type == bound)
                return (true, true);
            if (!Fits(type, bound))
                return (false, true);

            var general = MostGeneral(type, bound);
            if (!Mentions(general, parameter))
                _bindings[parameter.Name] = general;
            return (true, true);
        }

        if (Mentions(type, parameter))
            return (false, false);
        _bindings[parameter.Name] = type;
        return (true, false);
    }

    private bool Mentions(CelType type, CelType.Parameter parameter) => type switch
    {
        CelType.Parameter other => other == parameter || (_bindings.TryGetValue(other.Name, out var bound) && Mentions(bound, parameter)),
        CelType.Generic generic => generic.Arguments.Any(argument => Mentions(argument, parameter)),
        _ => false,
    };

    private static CelType MostGeneral(CelType first, CelType second) => IsAtLeastAsGeneral(first, second) ? first : second;

    private static bool IsAtLeastAsGeneral(CelType first, CelType second)
    {
        if (IsDyn(first) || first is CelType.Parameter || second == CelType.Null)
            return true;
        if (IsDyn(second) || second is CelType.Parameter || first == CelType.Null)
            return false;
        if (first is not CelType.Generic one || second is not CelType.Generic other)
            return first == second;
        return string.Equals(one.Name, other.Name, StringComparison.Ordinal)
            && one.Arguments.Length == other.Arguments.Length
            && one.Arguments.Zip(other.Arguments, IsAtLeastAsGeneral).All(isGeneral => isGeneral);
    }

    private static bool IsDyn(CelType type) => type == CelType.Dyn;

    private static bool IsNullable(CelType type) =>
        type is CelType.Object or CelType.Generic { Name: not ("list" or "map" or "type") } || type == CelType.Timestamp || type == CelType.Duration;
}
