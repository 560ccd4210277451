using Harness.Mcp.Samples;
using Harness.Mcp.Samples.Fleet;

await SampleServer.RunAsync(
    "fleet",
    "Corp infrastructure fleet",
    "Workstations and servers of corp.example: what they are, who uses them, and their place on the network.",
    new FleetTools(SampleServer.Seed<FleetHost>("hosts.json")));
