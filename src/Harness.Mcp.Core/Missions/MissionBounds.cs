namespace Harness.Mcp.Core.Missions;

/// <summary>
/// How much one mission may say and remember. A document past a bound is refused; a chain past one denies what it can no longer
/// tell (`state_exhausted`), since forgetting must never permit.
/// </summary>
public static class MissionBounds
{
    public const int InputsMax = 50;
    public const int AnchorsMax = 50;
    public const int GrantsMax = 100;
    public const int RulesMax = 1_000;
    public const int ExamplesMax = 20;

    /// <summary>Earlier calls of one example.</summary>
    public const int ExampleCallsMax = 50;

    /// <summary>As deep as a document may nest.</summary>
    public const int DocumentDepthMax = 48;

    /// <summary>Atoms that one anchor's set holds.</summary>
    public const int AnchorAtomsMax = 10_000;

    /// <summary>Atoms that one argument of one call may carry where it is anchored or counted.</summary>
    public const int ArgumentAtomsMax = 1_000;

    /// <summary>Keys (values of `same`, `distinct`, `per`) that one rule remembers.</summary>
    public const int RuleKeysMax = 10_000;

    /// <summary>Different keys that all rules and anchors of a mission remember together, and the bytes that these take.</summary>
    public const int KeysMax = 262_144;
    public const long KeyBytesMax = 64 * 1024 * 1024;

    /// <summary>Bytes, by an upper estimate, of what all rules of a mission keep by key, by value and of the links in their time windows.</summary>
    public const long RuleBytesMax = 256 * 1024 * 1024;

    /// <summary>The largest `max` of a window, whose calls are remembered one by one.</summary>
    public const int WindowCallsMax = 10_000;

    /// <summary>The largest `max` of a budget that counts calls.</summary>
    public const long BudgetCallsMax = 1_000_000_000;

    /// <summary>
    /// Requests for approval of one mission that have neither expired nor been used: people who are asked more often say yes unread.
    /// </summary>
    public const int ApprovalsOpenMax = 20;

    /// <summary>The longest arguments, as JSON, of a call that needs approval: what a person can be shown whole.</summary>
    public const int ApprovalArgumentBytesMax = 16_384;

    /// <summary>Names that may approve one thing.</summary>
    public const int ApproversMax = 20;

    /// <summary>Obligations of one rule that may be open at a time.</summary>
    public const int ObligationsOpenMax = 200;

    /// <summary>Sources that all `bound` arguments of a mission may name together.</summary>
    public const int BoundSourcesMax = 60;

    /// <summary>Different values whose origin a mission remembers, and the characters of their forms.</summary>
    public const int ProvenanceValuesMax = 131_072;
    public const int ProvenanceCharsMax = 4_194_304;

    /// <summary>Places in texts that a mission remembers, so that it can tell which values stood beside each other; and the texts of two values and more.</summary>
    public const int ProvenancePlacesMax = 1_048_576;
    public const int ProvenanceTextsMax = 131_072;

    /// <summary>Links that a denial names as its cause.</summary>
    public const int BecauseMax = 8;

    /// <summary>Effects of unknown outcome that a mission remembers at once; past it the oldest may be repeated.</summary>
    public const int UnknownOutcomesMax = 1_000;

    /// <summary>How long the very same effect may not be repeated after its outcome stayed unknown.</summary>
    public static readonly TimeSpan RepeatWindow = TimeSpan.FromSeconds(60);

    /// <summary>Calls that were answered by a task and have settled, whose answer may be asked for again; past it the oldest may not.</summary>
    public const int TasksEndedMax = 256;

    public static readonly TimeSpan DurationMin = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan LifetimeMax = TimeSpan.FromDays(366);
}
