using System.Globalization;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>The accounts of one <see cref="Budget"/>: one for the whole mission, or one for each value of `per`.</summary>
internal sealed class BudgetMonitor : RuleMonitor
{
    // An account with the links that it names as causes, and one value in its set.
    private const int AccountBytes = 512;
    private const int ValueBytes = 32;

    private readonly Rule _rule;
    private readonly Budget _form;
    private readonly CallKey? _per;
    private readonly CallAtoms? _values;
    private readonly CallAmount? _amounts;
    private readonly long _callsMax;
    private readonly ExactSum _sumMax;
    private readonly RuleMemory _memory;
    private readonly KeyMap<Account> _accounts;
    private Account? _only;
    private int _keys;
    private bool _isExhausted;

    public BudgetMonitor(Rule rule, Budget form, CallReader calls)
    {
        (_rule, _form, _memory) = (rule, form, calls.Memory);
        _accounts = new KeyMap<Account>(_memory);
        _per = form.Per is { } per ? calls.KeyOf([per]) : null;
        _values = form is { Measure: BudgetMeasure.Distinct, Argument: { } counted } ? calls.AtomsOf(counted) : null;
        _callsMax = (long)decimal.Truncate(Math.Clamp(form.Max, 0, long.MaxValue));
        _sumMax = ExactSum.Of(form.Max);
        _amounts = form is { Measure: BudgetMeasure.Sum, Argument: { } added } ? calls.AmountOf(added) : null;
    }

    public override bool Notices(ToolFacts tool) => _rule.IsOn(tool);

    public override bool RemembersJudged => true;

    public override void Admit(ChainCall call)
    {
        // Only a call that the rule passed over has no price here.
        ExactSum amount = default;
        ReadOnlySpan<int> values = [];
        if (_values is not null && (!_values.TryKeep(call, out values) || !_values.IsPresent || _values.IsNull))
            return;
        if (_amounts is not null)
        {
            if (_amounts.Find(call, out _) is not { } exact)
                return;
            amount = exact;
        }

        if (AccountToKeep(call) is not { } account)
            return;
        account.Calls++;
        account.Sum += amount;
        account.Links.Add(call.Index);
        foreach (var value in values)
        {
            if (account.Values.Contains(value))
                continue;
            if (value == KeyTable.Unknown || !_memory.TryTake(ValueBytes))
            {
                _isExhausted = true;
                continue;
            }

            account.Values.Add(value);
            _keys++;
        }
    }

    public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
    {
        if (Account(call, out var missing) is var account && missing is not null)
            return Lacking(_rule, missing);
        return _form.Measure switch
        {
            BudgetMeasure.Calls => account is null ? Exhausted() : account.Calls < _callsMax ? null : Overdrawn(_callsMax - account.Calls, account),
            BudgetMeasure.Distinct => JudgeValues(call, account),
            _ => JudgeAmount(call, account),
        };
    }

    public override void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending)
    {
        _accounts.Transfer(state, static (state, account) => Forms.Account.Transferred(state, account));
        var hasOnly = _only is not null;
        state.Flag(ref hasOnly);
        if (hasOnly)
            _only = Forms.Account.Transferred(state, _only);
        state.Number(ref _keys);
        state.Flag(ref _isExhausted);
    }

    private RuleDenial? JudgeValues(ToolCall call, Account? account)
    {
        var areAtoms = _values!.TryFind(call, out var values);
        if (!_values.IsPresent)
            return Lacking(_rule, _form.Argument!);
        if (!areAtoms || _values.IsNull)
            return Unpriced(_form.Argument!, "text, a number, or a list of them");
        if (account is null)
            return Exhausted();

        var added = account.NewOf(values);
        if (added == 0)
            return null;

        // One account alone may use every key that its `max` allows; many accounts share the bound.
        if (_isExhausted || _keys + added > MissionBounds.RuleKeysMax + 1)
            return Exhausted();
        return account.Values.Count + added <= _form.Max ? null : Overdrawn((long)_form.Max - account.Values.Count, account);
    }

    private RuleDenial? JudgeAmount(ToolCall call, Account? account)
    {
        var found = _amounts!.Find(call, out var isPresent);
        if (!isPresent)
            return Lacking(_rule, _form.Argument!);
        if (found is not { } amount)
            return Unpriced(_form.Argument!, "a number that is not below zero, of at most 28 digits");
        if (account is null)
            return Exhausted();
        return amount.IsZero || account.Sum + amount <= _sumMax ? null : Overdrawn(_sumMax.RemainingAfter(account.Sum), _sumMax.UnitsAfter(account.Sum), account);
    }

    /// <returns>The account that the call draws on; null where there is no room for a new one.</returns>
    private Account? Account(ToolCall call, out FieldPath? missing)
    {
        missing = null;
        if (_per is null)
            return _only ?? Forms.Account.Empty;
        var group = _per.Find(call, out missing);
        if (missing is not null)
            return null;
        return _accounts.TryGet(group, out var account) ? account : _isExhausted || _keys >= MissionBounds.RuleKeysMax ? null : Forms.Account.Empty;
    }

    // An account that was never opened is judged as exhausted.
    private Account? AccountToKeep(ChainCall call)
    {
        if (_per is null)
            return _only ??= Open();
        var group = _per.Keep(call, out var hasKey);
        if (!hasKey)
            return null;
        if (_accounts.TryGet(group, out var account))
            return account;
        if (_keys >= MissionBounds.RuleKeysMax || !_memory.TryTake(AccountBytes) || !_accounts.TrySet(group, account = new Account()))
        {
            _isExhausted = true;
            return null;
        }

        _keys++;
        return account;
    }

    private Account Open()
    {
        _keys++;
        return new Account();
    }

    private RuleDenial Overdrawn(long remaining, Account account)
    {
        var units = Math.Max(remaining, 0);
        return Overdrawn(units.ToString(CultureInfo.InvariantCulture), units, account);
    }

    private RuleDenial Overdrawn(string left, long units, Account account)
    {
        var max = _form.Max.ToString(CultureInfo.InvariantCulture);
        var per = _form.Per is null ? "" : $" for each `{_form.Per}`";
        var say = _form.Measure switch
        {
            BudgetMeasure.Calls => $"This mission may make this call {max} times{per} and has done so; finish without it.",
            BudgetMeasure.Distinct =>
                $"This mission may use {max} different values of `{_form.Argument}`{per}, of which {left} remain; keep to those already used.",
            _ => $"This mission may spend {max} in `{_form.Argument}`{per}, of which {left} remain; ask for no more than that.",
        };
        return new RuleDenial(new Denial(ReasonCode.BudgetExhausted, say)
        {
            Argument = (_form.Argument ?? _form.Per)?.Text,
            Because = account.Links.ToImmutable(),
            Remaining = units,
        });
    }

    /// <summary>For a call whose argument cannot be counted.</summary>
    internal static RuleDenial Unpriced(FieldPath argument, string form) => new(new Denial(
        ReasonCode.ArgumentsNotGranted, $"Give `{argument}` as {form}: a rule of this mission counts it.") { Argument = argument.Text })
    { KeepsWords = true };
}

/// <summary>What a budget has added up.</summary>
internal sealed class Account
{
    public static readonly Account Empty = new();

    public long Calls { get; set; }

    public ExactSum Sum { get; set; }

    public HashSet<int> Values { get; } = [];

    public RecentLinks Links { get; } = new();

    /// <param name="account">What is written; null where it is read.</param>
    public static Account Transferred(StateTransfer state, Account? account)
    {
        account ??= new Account();
        var (calls, sum) = (account.Calls, account.Sum);
        state.Number(ref calls);
        (account.Calls, account.Sum) = (calls, ExactSum.Transferred(state, sum));
        state.Numbers(account.Values);
        account.Links.Transfer(state);
        return account;
    }

    /// <returns>How many different ones of the values are not in the account.</returns>
    public int NewOf(ReadOnlySpan<int> values)
    {
        if (values.Length == 1)
            return Values.Contains(values[0]) ? 0 : 1;
        var added = new HashSet<int>();
        foreach (var value in values)
            if (!Values.Contains(value))
                added.Add(value);
        return added.Count;
    }
}
