using System.CommandLine;
using Harness.Mcp;
using Harness.Mcp.Commands;
using Harness.Mcp.Proxy.Backends.Guard;

// The guard of a stdio backend is this program once more; it must start before anything else is loaded.
if (args is [GuardChild.Verb, ..])
    return GuardChild.Run(args);

var root = new RootCommand("Governs what AI agents do next: a proxy for the Model Context Protocol that checks every call against the mission's chain.");

ExitCodes.ShowInHelpOf(root);
root.Add(DemoCommand.Create());
root.Add(RunCommand.Create());
root.Add(ConnectCommand.Create());
root.Add(MissionCommand.Create());
root.Add(ApprovalsCommand.Create());
root.Add(ChainCommand.Create());
root.Add(DecideCommand.Create());
root.Add(RulesCommand.Create());
root.Add(ServersCommand.Create());
root.Add(DoctorCommand.Create());

// A proxy that is told to stop finishes the calls that it has begun, for which the host gives it half a minute; the library would cut them off after two seconds.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(40) });
