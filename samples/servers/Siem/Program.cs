using Harness.Mcp.Samples;
using Harness.Mcp.Samples.Siem;

await SampleServer.RunAsync(
    "siem",
    "Corp security alerts",
    "Security alerts of corp.example and the events behind them. Summaries and comments hold text that outsiders can influence.",
    new SiemTools(SampleServer.Seed<Alert>("alerts.json"), SampleServer.Seed<SecurityEvent>("events.json")));
