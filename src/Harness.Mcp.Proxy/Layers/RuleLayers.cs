using System.Collections.Immutable;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Layers;

/// <summary>
/// Guardrails and backend terms as the home has them now. Guardrails with a mistake, or that were removed, change nothing while the
/// program runs: the last good ones stay, and the log says why.
/// </summary>
public sealed class RuleLayers : IRuleSources, IHostedService, IAsyncDisposable
{
    private readonly string _home;
    private readonly BackendFleet _fleet;
    private readonly TimeProvider _time;
    private readonly ILogger<RuleLayers> _logger;
    private readonly Lock _access = new();
    private RuleSource? _guardrails;
    private ImmutableArray<RuleSource> _terms = [];
    private RuleSources _current;
    private FolderWatch? _watch;

    /// <param name="home">Absolute path of the home.</param>
    /// <exception cref="InvalidDataException">The guardrails have mistakes; the message names each.</exception>
    public RuleLayers(string home, BackendFleet fleet, TimeProvider time, ILogger<RuleLayers> logger)
    {
        (_home, _fleet, _time, _logger) = (home, fleet, time, logger);
        var guardrails = GuardrailsFile.Read(home);
        if (guardrails is { IsValid: false, Problems: var problems })
            throw new InvalidDataException(string.Join(Environment.NewLine, problems));
        _guardrails = guardrails?.Value;
        _current = new RuleSources(_guardrails, []);
    }

    public RuleSources Current
    {
        get
        {
            var terms = _fleet.Terms;
            lock (_access)
            {
                if (terms != _terms)
                    Combine(_guardrails, terms);
                return _current;
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var finding in LayerFindings.Of(Current))
            LayersLog.Finding(_logger, finding);
        _watch = new FolderWatch(
            _home,
            GuardrailsFile.Name,
            _ =>
            {
                Reload();
                return ValueTask.CompletedTask;
            },
            _time);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _watch, null) is { } watch)
            await watch.DisposeAsync();
    }

    /// <summary>Reads the guardrails again.</summary>
    internal void Reload()
    {
        switch (GuardrailsFile.Read(_home))
        {
            case null when _guardrails is not null:
                LayersLog.GuardrailsGone(_logger);
                break;
            case { IsValid: true, Value: var guardrails }:
                lock (_access)
                    Combine(guardrails, _terms);
                LayersLog.GuardrailsRead(_logger, guardrails.Rules.Length);
                foreach (var finding in LayerFindings.Of(Current))
                    LayersLog.Finding(_logger, finding);
                break;
            case { Problems: var problems }:
                foreach (var problem in problems)
                    LayersLog.GuardrailsRefused(_logger, problem);
                break;
        }
    }

    private void Combine(RuleSource? guardrails, ImmutableArray<RuleSource> terms)
    {
        (_guardrails, _terms) = (guardrails, terms);
        _current = new RuleSources(guardrails, terms);
    }
}
