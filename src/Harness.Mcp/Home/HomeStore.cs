using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Store;
using Microsoft.Extensions.Configuration;

namespace Harness.Mcp;

/// <summary>The chain store of a home, as its settings name it.</summary>
internal static class HomeStore
{
    /// <summary>The section `ChainStore` of `harness.json`, or the defaults; every mistake at once.</summary>
    public static Parsed<ChainStoreOptions> Options(Home home)
    {
        try
        {
            var options = new ConfigurationBuilder()
                .AddJsonFile(home.Settings, optional: true)
                .Build()
                .GetSection("ChainStore")
                .Get<ChainStoreOptions>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new ChainStoreOptions();
            var problems = options.Check();
            return problems.IsEmpty ? new(options) : Refused(home, [.. problems]);
        }
        catch (Exception unreadable) when (unreadable is InvalidDataException or InvalidOperationException or FormatException or IOException or UnauthorizedAccessException)
        {
            return Refused(home, $"The settings cannot be read: {unreadable.GetBaseException().Message}");
        }
    }

    /// <summary>
    /// The store, for a command beside a running proxy. Chains in a proxy's memory are out of its reach.
    /// </summary>
    /// <param name="mayCreate">Whether a missing file is made; a command that only reads must not make one, and then call it whole.</param>
    public static Parsed<IChainStore> Open(Home home, bool mayCreate)
    {
        var options = Options(home);
        if (!options.IsValid)
            return new(options.Problems);
        if (options.Value.Engine == ChainStoreEngine.Memory)
            return Refused<IChainStore>(home.Settings, "The chains of this home live in the memory of `harness run` alone.", "Set `ChainStore:Engine` to `sqlite`.");

        var path = Path.GetFullPath(options.Value.Path, home.Root);
        return mayCreate || File.Exists(path)
            ? new(options.Value.Open(home.Root, TimeProvider.System))
            : Refused<IChainStore>(path, "There is no chain file.", "Either no mission was ever opened in this home, or the file was moved away.");
    }

    /// <summary>Runs a command on the store of a home; what stands in the way is printed.</summary>
    /// <returns>The command's exit code, or <see cref="ExitCodes.Unable"/>.</returns>
    public static async Task<int> UseAsync(Terminal terminal, string directory, bool mayCreate, Func<Home, IChainStore, Task<int>> run)
    {
        var home = Home.At(directory);
        if (!home.IsValid)
            return terminal.Fail(ExitCodes.Unable, home.Problems);
        var store = Open(home.Value, mayCreate);
        if (!store.IsValid)
            return terminal.Fail(ExitCodes.Unable, store.Problems);

        await using var chains = store.Value;
        return await run(home.Value, chains);
    }

    private static Parsed<ChainStoreOptions> Refused(Home home, params ReadOnlySpan<string> messages)
    {
        var problems = ImmutableArray.CreateBuilder<Problem>();
        foreach (var message in messages)
            problems.Add(new Problem(new SourcePosition(home.Settings, 0, 0), message));
        return new(problems.ToImmutable());
    }

    private static Parsed<T> Refused<T>(string place, string message, string remedy)
        where T : class =>
        new(ImmutableArray.Create(new Problem(new SourcePosition(place, 0, 0), message, remedy)));
}
