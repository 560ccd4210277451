using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules;

/// <summary>The variables of rule expressions and the fields that they have.</summary>
internal static class RuleVocabulary
{
    public const int Call = 0;
    public const int Mission = 1;
    public const int Agent = 2;
    public const int Now = 3;

    /// <summary>`chain` in a whole expression; in the parts that monitors evaluate, the link that a macro looks at.</summary>
    public const int ChainOrLink = 4;

    /// <summary>Calls of the mission that were refused and count.</summary>
    public const int Denials = 5;

    /// <summary>The place of `args` among the fields of `call`.</summary>
    public const int CallArguments = 5;

    public const string Chain = "chain";

    public static CelObjectType CallType { get; } = new(
        "call",
        new CelField("tool", CelType.String),
        new CelField("backend", CelType.String),
        new CelField("name", CelType.String),
        new CelField("domain", CelType.String),
        new CelField("effect", CelType.String),
        new CelField("args", CelType.Dyn),
        new CelField("sinks", CelType.ListOf(CelType.String)));

    public static CelObjectType LinkType { get; } = new(
        "link",
        new CelField("tool", CelType.String),
        new CelField("backend", CelType.String),
        new CelField("name", CelType.String),
        new CelField("domain", CelType.String),
        new CelField("effect", CelType.String),
        new CelField("args", CelType.Dyn),
        new CelField("result", CelType.Dyn),
        new CelField("labels", CelType.ListOf(CelType.String)),
        new CelField("time", CelType.Timestamp),
        new CelField("index", CelType.Int),
        new CelField("outcome", CelType.String));

    public static CelObjectType MissionType { get; } = new(
        "mission",
        new CelField("id", CelType.String),
        new CelField("name", CelType.String),
        new CelField("owner", CelType.String),
        new CelField("agents", CelType.ListOf(CelType.String)),
        new CelField("inputs", CelType.Dyn),
        new CelField("opened", CelType.Timestamp),
        new CelField("expires", CelType.Timestamp));

    public static CelObjectType AgentType { get; } = new("agent", new CelField("id", CelType.String));

    /// <summary>What a whole expression may refer to.</summary>
    public static CelEnvironment OfExpression { get; } = With(Chain, CelType.ListOf(new CelType.Object(LinkType)));

    /// <summary>What a part inside a macro over the chain may refer to.</summary>
    /// <param name="link">The macro's variable.</param>
    public static CelEnvironment OfLink(string link) => With(link, new CelType.Object(LinkType));

    public static bool IsVariable(string name) => name is Chain or "call" or "mission" or "agent" or "now" or "denials";

    /// <summary>The written name of an outcome, as `l.outcome` gives it.</summary>
    public static string Write(CallOutcome outcome) => outcome switch
    {
        CallOutcome.Pending => "pending",
        CallOutcome.Ok => "ok",
        CallOutcome.Error => "error",
        _ => "unknown",
    };

    private static CelEnvironment With(string last, CelType type) => new(
    [
        new CelVariable("call", new CelType.Object(CallType)),
        new CelVariable("mission", new CelType.Object(MissionType)),
        new CelVariable("agent", new CelType.Object(AgentType)),
        new CelVariable("now", CelType.Timestamp),
        new CelVariable(last, type),
        new CelVariable("denials", CelType.Int),
    ]);
}
