using System.Collections.Immutable;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Provenance;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>
/// `carry: { args: [body], refuse: [link, address, secret, personal] }`: the arguments carry no links and no e-mail addresses but those that the mission knows as trusted, nothing
/// that looks like a key or password, and nothing that came with one of the labels and never without it. Without `args` these are the
/// arguments that the tool's owner calls content, and all where he names none.
/// </summary>
public sealed record Carry(ImmutableArray<FieldPath> Args, ImmutableArray<string> Refuse) : RuleForm
{
    public const string Link = "link";
    public const string Address = "address";
    public const string Secret = "secret";

    public override string Key => "carry";

    internal override ImmutableArray<FieldPath> ArgumentsWatched => Args;

    /// <returns>Null: CEL has no word for where a value came from.</returns>
    public override string? ToCel(Rule rule) => null;

    internal override RuleMonitor NewMonitor(Rule rule, MissionFacts mission, CallReader calls) =>
        new Monitor(this, mission.Provenance ?? throw new InvalidOperationException("A mission with `carry` keeps no provenance."));

    private sealed class Monitor : RuleMonitor
    {
        private readonly Carry _form;
        private readonly CarriedValues _values;

        public Monitor(Carry form, ProvenanceIndex provenance)
        {
            _form = form;
            _values = new CarriedValues(form, provenance);
        }

        public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
        {
            var paths = !_form.Args.IsEmpty ? _form.Args : !call.Tool.Content.IsEmpty ? call.Tool.Content : [FieldPath.Whole];
            foreach (var path in paths)
            {
                Carried? carried = null;
                var found = new ArgumentValues(call.Arguments, path) { HasAllNames = true }.FirstWhere(value => (carried = _values.Find(value)) is not null);
                if (found is not null)
                    return Refused(found, carried);
            }

            return null;
        }

        // What the agent answers is content, whatever arguments the rule names.
        public override RuleDenial? JudgeInput(ChainCall call, GivenInput given)
        {
            foreach (var label in given.Labels)
                if (label is not (Link or Address) && _form.Refuse.Contains(label, StringComparer.Ordinal))
                    return Refused(null, new Carried(label, 0));
            Carried? carried = null;
            var found = new ArgumentValues(given.Value, FieldPath.Whole) { HasAllNames = true }.FirstWhere(value => (carried = _values.Find(value)) is not null);
            return found is null ? null : Refused(null, carried);
        }

        public override void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending)
        {
            // All that it knows is the provenance index.
        }

        /// <param name="found">Null for an answer of the agent to the backend.</param>
        private static RuleDenial Refused(FoundValue? found, Carried? carried)
        {
            var argument = found is null ? "The answer" : found.Path.Length == 0 ? "The call" : $"`{found.Path}`";
            var say = carried?.What switch
            {
                Link => $"{argument} carries a link that this mission does not know from its inputs or trusted results; leave it out, and repeat this call.",
                Address => $"{argument} carries an e-mail address that this mission does not know from its inputs or trusted results; leave it out, and repeat this call.",
                Secret => $"{argument} carries what looks like a key, a token or a password; leave it out, and repeat this call.",
                { } label when carried.IsUnread => $"{argument} may carry data labelled `{label}`, of which this mission has read more than it can keep account of; continue without this call.",
                { } label => $"{argument} carries data labelled `{label}`; say it without that data, and repeat this call.",
                null => $"{argument} holds more values than can be looked through; send less in one call.",
            };
            return new RuleDenial(new Denial(ReasonCode.CarriesRefused, say)
            {
                Argument = found is null or { Path.Length: 0 } ? null : found.Path,
                Because = carried is { Link: > 1 } ? [carried.Link] : [],
            });
        }
    }
}
