using System.CommandLine;
using Harness.Mcp;
using Harness.Mcp.Commands;

var root = new RootCommand("Governs what AI agents do next: a proxy for the Model Context Protocol that checks every call against the mission's chain.");

ExitCodes.ShowInHelpOf(root);
root.Add(ConnectCommand.Create());
root.Add(MissionCommand.Create());
root.Add(ChainCommand.Create());

return await root.Parse(args).InvokeAsync();
