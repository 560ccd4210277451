using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>What a budget adds up.</summary>
public enum BudgetMeasure
{
    /// <summary>Calls.</summary>
    Calls,

    /// <summary>Different atoms of an argument, lists item by item: the same host twice counts once.</summary>
    Distinct,

    /// <summary>The amounts of an argument, as exact decimals. An amount below zero, or that is no number, is denied: it cannot give anything back.</summary>
    Sum,
}

/// <summary>
/// `budget: { max: 3 }`, `budget: { distinct: call.args.host, max: 3 }`, `budget: { sum: call.args.amount, max: 1000 }`: over the whole mission,
/// the judged calls admitted so far and this one together stay within `max`. With `per: call.args.user`, each value of that argument has
/// a budget of its own. Calls count from their admission, however they end.
/// </summary>
public sealed record Budget(BudgetMeasure Measure, FieldPath? Argument, decimal Max, FieldPath? Per) : RuleForm
{
    public override string Key => "budget";

    internal override ImmutableArray<FieldPath> ArgumentsRead => [.. new[] { Argument, Per }.OfType<FieldPath>()];

    public override string? ToCel(Rule rule)
    {
        if (Measure != BudgetMeasure.Calls)
            return null; // CEL's standard library neither adds nor removes duplicates.
        var same = Per is null ? "" : $" && has({CelText.Argument("l", Per)}) && {CelText.Argument("l", Per)} == {CelText.Argument("call", Per)}";
        return Guarded(rule, $"chain.filter(l, {rule.OnToCel()}{same}).size() < {Max.ToString(CultureInfo.InvariantCulture)}");
    }

    internal override RuleMonitor NewMonitor(Rule rule, MissionFacts mission) => new Monitor(rule, this);

    private sealed class Monitor(Rule rule, Budget form) : RuleMonitor
    {
        private static readonly List<string> NoAtoms = [];

        private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);
        private int _keys;

        public override bool Notices(ToolFacts tool) => rule.IsOn(tool);

        public override bool RemembersJudged => true;

        public override void Admit(ChainCall call)
        {
            if (Price(call.Arguments, out var missing, out var group, out var atoms, out var amount) is not null || missing is not null)
                return; // Only a call that the rule passed over gets here, and it has no price.

            if (!_accounts.TryGetValue(group, out var account))
            {
                if (_keys >= MissionBounds.RuleKeysMax)
                    return; // An account that was never opened is judged as exhausted.
                _accounts.Add(group, account = new Account());
                _keys++;
            }

            account.Calls++;
            account.Sum += amount;
            account.Links.Add(call.Index);
            foreach (var atom in atoms)
                if (account.Values.Add(atom))
                    _keys++;
        }

        public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
        {
            if (Price(call.Arguments, out var missing, out var group, out var atoms, out var amount) is { } unpriced)
                return unpriced;
            if (missing is not null)
                return Lacking(rule, missing);

            if (!_accounts.TryGetValue(group, out var account))
            {
                if (_keys >= MissionBounds.RuleKeysMax)
                    return Exhausted();
                account = Account.Empty;
            }

            var used = form.Measure switch
            {
                BudgetMeasure.Calls => account.Calls,
                BudgetMeasure.Distinct => account.Values.Count,
                _ => account.Sum,
            };
            var added = form.Measure switch
            {
                BudgetMeasure.Calls => 1,
                BudgetMeasure.Distinct => atoms.Distinct(StringComparer.Ordinal).Count(atom => !account.Values.Contains(atom)),
                _ => amount,
            };

            // One account alone may use every key that its `max` allows; many accounts share the bound.
            if (form.Measure == BudgetMeasure.Distinct && added > 0 && _keys + added > MissionBounds.RuleKeysMax + 1)
                return Exhausted();
            return added == 0 || used + added <= form.Max ? null : Overdrawn(form.Max - used, account);
        }

        private RuleDenial Overdrawn(decimal remaining, Account account)
        {
            var left = remaining.ToString("0.############################", CultureInfo.InvariantCulture);
            var max = form.Max.ToString(CultureInfo.InvariantCulture);
            var per = form.Per is null ? "" : $" for each `{form.Per}`";
            var say = form.Measure switch
            {
                BudgetMeasure.Calls => $"This mission may make this call {max} times{per} and has done so; finish without it.",
                BudgetMeasure.Distinct =>
                    $"This mission may use {max} different values of `{form.Argument}`{per}, of which {left} remain; keep to those already used.",
                _ => $"This mission may spend {max} in `{form.Argument}`{per}, of which {left} remain; ask for no more than that.",
            };
            return new RuleDenial(new Denial(ReasonCode.BudgetExhausted, say)
            {
                Argument = (form.Argument ?? form.Per)?.Text,
                Because = account.Links.ToImmutable(),
                Remaining = (long)decimal.Truncate(Math.Clamp(remaining, 0, long.MaxValue)),
            });
        }

        /// <summary>What a call with these arguments costs. Returns a denial where its arguments have no price.</summary>
        private RuleDenial? Price(JsonElement arguments, out FieldPath? missing, out string group, out List<string> atoms, out decimal amount)
        {
            missing = null;
            group = "";
            atoms = NoAtoms;
            amount = 0;
            if (form.Per is { } per)
            {
                group = ValueKey.Joined(arguments, [per], out missing) ?? "";
                if (missing is not null)
                    return null;
            }

            if (form.Argument is not { } argument)
                return null;
            if (ValueKey.Find(arguments, argument) is not { } value)
            {
                missing = argument;
                return null;
            }

            if (form.Measure == BudgetMeasure.Distinct)
                return ValueKey.TryAtoms(value, atoms = []) ? null : Unpriced(argument, "text, a number, or a list of them");
            return ExactAmount(value) is { } exact && (amount = exact) >= 0 ? null : Unpriced(argument, "a number that is not below zero, of at most 28 digits");
        }

        private static RuleDenial Unpriced(FieldPath argument, string form) => new(new Denial(
            ReasonCode.ArgumentsNotGranted, $"Give `{argument}` as {form}: a budget of this mission counts it.") { Argument = argument.Text })
        { KeepsWords = true };

        private static decimal? ExactAmount(JsonElement value) =>
            value.ValueKind == JsonValueKind.Number
            && value.TryGetDecimal(out var amount)
            && ExactNumber.Compare(
                new ExactNumber(Encoding.ASCII.GetBytes(amount.ToString(CultureInfo.InvariantCulture))),
                new ExactNumber(JsonMarshal.GetRawUtf8Value(value))) == 0
                ? amount
                : null; // A decimal holds 28 digits: what it would round is not counted.
    }

    private sealed class Account
    {
        public static readonly Account Empty = new();

        public long Calls { get; set; }

        public decimal Sum { get; set; }

        public HashSet<string> Values { get; } = new(StringComparer.Ordinal);

        public RecentLinks Links { get; } = new();
    }
}
