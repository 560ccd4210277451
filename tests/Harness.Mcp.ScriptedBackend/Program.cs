using System.Collections.Immutable;
using Harness.Mcp.Proxy.Backends.Guard;
using Harness.Mcp.TestKit.Backends;

// Plays four parts in tests of stdio backends: the guard, the backend, a parent that holds a guarded backend until it is killed, and one that starts many.
switch (args)
{
    case [GuardChild.Verb, ..]:
        return GuardChild.Run(args);
    case ["stdio", var json]:
        await ScriptedStdio.RunAsync(Script.FromJson(json));
        return 0;
    case ["parent", var guard, var command, .. var rest]:
        var spec = new GuardSpec(command, [.. rest], ImmutableDictionary<string, string>.Empty.Add("PATH", "/usr/bin:/bin"), "/");
        var process = await GuardedProcess.StartAsync(new GuardProgram(guard, []), spec, CancellationToken.None);
        using (var reader = new StreamReader(process.Output))
            while (await reader.ReadLineAsync() is { } line)
                Console.WriteLine(line);
        return 0;
    case ["cycles", var times, var guard, var command, .. var rest]:
        // Starts and closes backends, says which processes each was, and keeps the last ones until it is killed.
        const int AtOnce = 4;
        var held = new System.Collections.Concurrent.ConcurrentBag<GuardedProcess>();
        var count = int.Parse(times, System.Globalization.CultureInfo.InvariantCulture);
        var started = 0;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(async () =>
        {
            for (var cycle = Interlocked.Increment(ref started); cycle <= count; cycle = Interlocked.Increment(ref started))
            {
                var order = new GuardSpec(command, [.. rest], ImmutableDictionary<string, string>.Empty.Add("PATH", "/usr/bin:/bin"), "/");
                var backend = await GuardedProcess.StartAsync(new GuardProgram(guard, []), order, CancellationToken.None);
                using var output = new StreamReader(backend.Output, leaveOpen: true);
                Console.WriteLine(await output.ReadLineAsync());
                if (cycle > count - (2 * AtOnce))
                    held.Add(backend);
                else
                    await backend.DisposeAsync();
            }
        })));
        Console.WriteLine("held");
        await Task.Delay(Timeout.Infinite);
        return held.IsEmpty ? 1 : 0;
    default:
        await Console.Error.WriteLineAsync("Parts: guard-child FD, stdio SCRIPT, parent GUARD COMMAND [ARG…], cycles TIMES GUARD COMMAND [ARG…]");
        return 2;
}
