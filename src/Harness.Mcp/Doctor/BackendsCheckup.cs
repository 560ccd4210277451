using Harness.Mcp.Checking;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Probing;
using Harness.Mcp.Servers;

namespace Harness.Mcp.Doctor;

/// <summary>`servers.config` and the backends it describes: their files, and what connecting to each shows.</summary>
internal static class BackendsCheckup
{
    /// <summary>Longest time for one backend; its own `timeouts.connect` where that is shorter.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public static async Task RunAsync(Examination home, CancellationToken cancellationToken)
    {
        CheckFiles(home);
        if (!home.IsOffline)
            await ConnectAsync(home, cancellationToken);
        home.Tools = ToolsOf(home);
    }

    private static void CheckFiles(Examination home)
    {
        var findings = home.Begin("servers");
        if (!Directory.Exists(home.Home.Servers))
        {
            findings.Fail("There is no such folder, so no mission has any tool.", "Create it, and describe a backend: `harness servers add`.", Findings.PlaceOf(home.Home.Servers));
            return;
        }

        var snapshot = HomeServers.Read(home.Home);
        home.Backends = [.. snapshot.Backends.Values];

        // A variable that this shell lacks may well be set for the proxy, and where it reached the backend, it is.
        var known = HomeServers.Read(home.Home, HomeServers.AnySurroundings(home.Home));
        foreach (var problem in snapshot.Problems)
        {
            var isOfFile = known.Problems.Contains(problem);
            var isConnected = home.IsRunning && home.Noted?.Backends.Any(status => status.IsConnected && known.Backends.TryGetValue(status.Backend, out var config) && HomeServers.FileOf(home.Home, config) == problem.Position.File) == true;
            if (isOfFile || !isConnected)
                findings.Fail([problem]);
            else
                findings.Warn($"{problem.Message.TrimEnd('.')} here; it is for the proxy that runs, which reached the backend.", "Set it here too, to have the backend looked at.", problem.Position);
        }

        _ = HomeCatalog.Read(home.Home, out var ofTerms);
        foreach (var finding in ofTerms.Where(finding => finding.Kind != CheckKind.Document))
            findings.Warn(finding.Message, finding.Remedy, finding.Position);
        foreach (var config in home.Backends)
            CheckPins(home, findings, config);
        if (home.Backends.IsEmpty && snapshot.Problems.IsEmpty)
            findings.Warn("No backend is described, so no mission has any tool.", "Describe one: `harness servers add`, or `harness servers import FILE`.", Findings.PlaceOf(home.Home.Servers));
        else if (!findings.HasAny)
            findings.Ok($"{home.Backends.Length} backend{(home.Backends.Length == 1 ? "" : "s")} described without mistakes.", home.Home.Servers);
    }

    private static void CheckPins(Examination home, Findings findings, BackendConfig config)
    {
        try
        {
            var pins = HomeServers.Pins(home.Home);
            _ = pins.ReadApproved(config.Id.Value);
            _ = pins.ReadPending(config.Id.Value);
        }
        catch (IOException unreadable)
        {
            findings.Fail($"The approvals of `{config.Id}` cannot be read, so none of its tools is approved: {unreadable.Message}", "Restore the file, or remove it and approve the tools again.", Findings.PlaceOf(home.Home.State));
        }
    }

    private static async Task ConnectAsync(Examination home, CancellationToken cancellationToken)
    {
        var findings = home.Begin("backends");
        home.Looks = await BackendLook.AtAllAsync(home.Home, home.Backends, Limit, cancellationToken);
        foreach (var look in home.Looks)
        {
            var place = HomeServers.Placed(home.Home, look.Config.Position);
            var notes = BackendNotes.Of(look).Where(note => look.Tools?.PinsProblem is null || note.Level != NoteLevel.Error).ToList();
            foreach (var note in notes)
                if (note.Level == NoteLevel.Error)
                    findings.Fail($"{look.Config.Id}: {note.Message}", note.Remedy, place);
                else
                    findings.Warn($"{look.Config.Id}: {note.Message}", note.Remedy, place);
            if (notes.Count == 0 && look is { Result: ProbeResult.Reached reached, Tools: { } tools })
                findings.Ok($"{look.Config.Id}: {(reached.Transport == "openapi" ? "its document is" : "answers in revision")} {reached.Era.ProtocolVersion} and lists {tools.Tools.Length} tool{(tools.Tools.Length == 1 ? "" : "s")}.", place.File);
        }
    }

    /// <summary>The tools as missions will find them: those that were approved; of a backend that was never seen, what it lists now.</summary>
    private static KnownTools ToolsOf(Examination home)
    {
        var tools = HomeCatalog.Read(home.Home, out _);
        var seen = home.Looks.Where(look => look.Tools is not null && tools.Unseen.Contains(look.Config.Id)).ToList();
        return new KnownTools(
            [
                .. tools.Tools.Where(tool => !seen.Exists(look => look.Config.Id == tool.Id.Backend)),
                .. seen.SelectMany(look => look.Tools?.Tools.Select(tool => HomeCatalog.Known(look.Config, tool.Definition)) ?? []),
            ],
            [.. tools.Unseen.Where(backend => !seen.Exists(look => look.Config.Id == backend))]);
    }
}
