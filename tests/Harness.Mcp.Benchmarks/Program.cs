using Harness.Mcp.Benchmarks;
using Harness.Mcp.Benchmarks.Calls;
using Harness.Mcp.Benchmarks.Decisions;
using Harness.Mcp.Benchmarks.Fleets;

// `dotnet run -c Release --project tests/Harness.Mcp.Benchmarks [SECTION ...]`: all sections where none is named; one `key: value` a line.
if (args is ["role", .. var role])
{
    await Role.RunAsync(role);
    return 0;
}

(string Name, Func<Task> RunAsync)[] sections =
[
    ("decide", DecideSection.RunAsync),
    ("provenance", ProvenanceSection.RunAsync),
    ("append", AppendSection.RunAsync),
    ("call", CallSection.RunAsync),
    ("list", ListSection.RunAsync),
    ("fleet", FleetSection.RunAsync),
];

var unknown = args.Except(sections.Select(section => section.Name), StringComparer.Ordinal).ToArray();
if (unknown.Length > 0)
{
    await Console.Error.WriteLineAsync($"No section `{unknown[0]}`. Sections: {string.Join(", ", sections.Select(section => section.Name))}.");
    return 2;
}

foreach (var section in sections.Where(section => args.Length == 0 || args.Contains(section.Name, StringComparer.Ordinal)))
    await section.RunAsync();
return 0;
