using System.Collections.Immutable;
using Harness.Mcp.Proxy.Backends.Guard;
using Harness.Mcp.TestKit.Backends;

// Plays three parts in tests of stdio backends: the guard, the backend, and a parent that holds a guarded backend until it is killed.
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
    default:
        await Console.Error.WriteLineAsync("Parts: guard-child FD, stdio SCRIPT, parent GUARD COMMAND [ARG…]");
        return 2;
}
