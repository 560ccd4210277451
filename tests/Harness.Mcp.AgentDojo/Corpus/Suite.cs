using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Harness.Mcp.AgentDojo.Corpus;

/// <summary>A suite with what is said of its tools and tasks.</summary>
internal sealed class Suite(SuiteFile file, Dictionary<string, ToolClass> classes, ImmutableArray<TaskTerms> tasks)
{
    private readonly FrozenDictionary<string, InjectionTask> _injections = file.InjectionTasks.ToFrozenDictionary(task => task.Id, StringComparer.Ordinal);

    private readonly FrozenDictionary<string, UserTask> _userTasks = file.UserTasks.ToFrozenDictionary(task => task.Id, StringComparer.Ordinal);

    public string Name => File.Suite;

    public SuiteFile File { get; } = file;

    public FrozenDictionary<string, ToolClass> Classes { get; } = classes.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>One entry for each task that has a mission.</summary>
    public ImmutableArray<TaskTerms> Tasks { get; } = tasks;

    public InjectionTask? Injection(string id) => _injections.GetValueOrDefault(id);

    public string PromptOf(RecordedRun run) => run.Prompt ?? _userTasks.GetValueOrDefault(run.UserTask)?.Prompt ?? "";

    public bool IsEffect(string tool) => !Classes.TryGetValue(tool, out var known) || known.IsEffect;
}
