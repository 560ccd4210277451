using System.CommandLine;
using Harness.Mcp.AgentDojo.Authoring;
using Harness.Mcp.AgentDojo.Corpus;
using Harness.Mcp.AgentDojo.Figures;
using Harness.Mcp.AgentDojo.Replay;

var corpus = new Option<string>("--corpus")
{
    Description = "The folder with the recorded work.", DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "corpus"), Recursive = true,
};
var suite = new Option<string?>("--suite") { Description = "One suite alone.", Recursive = true };
var list = new Option<bool>("--list") { Description = "Prints each miss with its reason." };
var noRules = new Option<bool>("--no-rules") { Description = "Permits everything: what the figures are without the engine." };
var home = new Option<string?>("--home") { Description = "Reads servers.config/ and missions/ of this folder instead of what `generate` would write." };
var noRuns = new Option<bool>("--golden") { Description = "Replays the golden chains and the pairs alone." };
var output = new Option<string>("--out") { Description = "The folder to write servers.config/ and missions/ to.", Required = true };

var generate = new Command("generate", "Writes the missions and the file of servers.config of each suite.") { output };
generate.SetAction(parsed => Guarded(() =>
{
    foreach (var document in CorpusFolder.Read(parsed.GetRequiredValue(corpus), parsed.GetValue(suite), withRuns: false).Suites.SelectMany(found => Documents.Of(found).All))
    {
        var path = Path.Combine(parsed.GetRequiredValue(output), document.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, document.Text);
    }
}));

var root = new RootCommand("Replays recorded agent work against missions, and says what was stopped and what was left whole.") { corpus, suite, list, noRules, home, noRuns, generate };
root.SetAction(parsed => Guarded(() =>
{
    var work = CorpusFolder.Read(parsed.GetRequiredValue(corpus), parsed.GetValue(suite), withRuns: !parsed.GetValue(noRuns));
    var replayer = new Replayer(work.Suites, parsed.GetValue(home), hasRules: !parsed.GetValue(noRules));
    foreach (var figure in Report.Of(work, replayer))
    {
        Console.WriteLine($"{figure.Name}: {figure.Value}");
        if (parsed.GetValue(list))
            foreach (var miss in figure.Misses)
                Console.WriteLine($"  - {miss.What}: {miss.Why}");
    }
}));

return root.Parse(args).Invoke();

static int Guarded(Action action)
{
    try
    {
        action();
        return 0;
    }
    catch (Exception failure) when (failure is InvalidDataException or IOException or System.Text.Json.JsonException)
    {
        Console.Error.WriteLine(failure.Message);
        return 1;
    }
}
