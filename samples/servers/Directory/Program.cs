using Harness.Mcp.Samples;
using Harness.Mcp.Samples.Directory;

await SampleServer.RunAsync(
    "directory",
    "Corp identity directory",
    "Accounts of the people who work at corp.example: who they are, whom they report to, which groups they are in.",
    new DirectoryTools(SampleServer.Seed<Account>("accounts.json")));
