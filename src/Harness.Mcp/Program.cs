using System.CommandLine;

var root = new RootCommand("Governs what AI agents do next: a proxy for the Model Context Protocol that checks every call against the mission's chain.");

return await root.Parse(args).InvokeAsync();
