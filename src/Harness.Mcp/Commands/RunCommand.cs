using System.CommandLine;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Hosting;
using Harness.Mcp.Proxy.Layers;
using Harness.Mcp.Store;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Harness.Mcp.Commands;

/// <summary>`harness run`: the proxy of one home, until it is told to stop.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var home = new HomeOption();
        var listen = new Option<string?>("--listen")
        {
            HelpName = "URL",
            Description = "Where agents connect, before what `harness.json` says. Default: http://127.0.0.1:7777; port 0 takes a free one.",
        };

        var command = new Command(
            "run", "Starts the proxy of a home and keeps it running until it is told to stop (Ctrl+C).") { home, listen };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(home)!, parsed.GetValue(listen), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string directory, string? listen, CancellationToken cancellationToken)
    {
        var home = Home.At(directory);
        if (!home.IsValid)
            return await FailAsync(home.Problems);
        if (HarnessApp.CheckSettings(home.Value) is { IsEmpty: false } problems)
            return await FailAsync(problems);
        if (GuardrailsFile.Read(home.Value.Root) is { IsValid: false } guardrails)
            return await FailAsync(guardrails.Problems);

        using var exclusive = HomeLock.Take(home.Value);
        if (exclusive is null)
        {
            await Console.Error.WriteLineAsync($"Another `harness run` works on {home.Value.Root}. Stop it first, or name another home with `--home`.");
            return ExitCodes.Unable;
        }

        var overrides = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (listen is not null)
            overrides[$"{ListenOptions.Section}:{nameof(ListenOptions.Url)}"] = listen;

        try
        {
            await using var app = HarnessApp.Build(home.Value, overrides);

            // Every call would be denied, so it is better said here, where somebody looks, than to the first agent.
            if (await app.Services.GetRequiredService<IChainStore>().ListAsync(cancellationToken) is ListResult.Unavailable unusable)
            {
                await Console.Error.WriteLineAsync($"The proxy does not start without its chains. {unusable.Why}");
                return ExitCodes.Unable;
            }

            await app.StartAsync(cancellationToken);
            foreach (var url in app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
                await Console.Out.WriteLineAsync($"listening on {url}: agents connect to {url}/m/MISSION/mcp, or {url}/mcp with one open mission");
            await app.WaitForShutdownAsync(cancellationToken);
            return ExitCodes.Done;
        }
        catch (OptionsValidationException invalid)
        {
            foreach (var failure in invalid.Failures)
                await Console.Error.WriteLineAsync($"{home.Value.Settings}: {failure}");
            return ExitCodes.Unable;
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException or ArgumentException)
        {
            await Console.Error.WriteLineAsync($"The proxy could not start: {failure.Message}");
            return ExitCodes.Unable;
        }
    }

    private static async Task<int> FailAsync(IEnumerable<Problem> problems)
    {
        foreach (var problem in problems)
            await Console.Error.WriteLineAsync(problem.ToString());
        return ExitCodes.Unable;
    }
}
