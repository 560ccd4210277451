using System.Reflection;
using System.Runtime.CompilerServices;
using Harness.Mcp.Core.Decisions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Architecture;

/// <summary>
/// What the core may not lean on. Clocks, randomness, files and tasks by name are refused by the compiler already (BannedSymbols.txt); this sees
/// what a list of names cannot.
/// </summary>
public class CoreTests
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Assembly Core = typeof(DecisionPoint).Assembly;

    [Fact]
    public void Core_References_NothingButTheBaseLibrary()
    {
        var sharedFramework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

        var references = Core.GetReferencedAssemblies();

        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.True(
            File.Exists(Path.Combine(sharedFramework, $"{reference.Name}.dll")), $"{reference.Name} is not of the base library."));
        Assert.DoesNotContain(references, reference =>
            reference.Name is "System.Threading.Thread" or "System.Threading.Tasks.Parallel" or "System.Console" or "System.Net.Http"
                or "System.Net.Sockets" or "System.Diagnostics.Process");
    }

    [Fact]
    public void Core_HasNoAsyncMethods()
    {
        var asynchronous = Core.GetTypes()
            .Where(type => !type.IsAssignableTo(typeof(Delegate))) // Which all have BeginInvoke, whoever calls it.
            .SelectMany(type => type.GetMethods(All))
            .Where(method => method.GetCustomAttribute<AsyncStateMachineAttribute>() is not null
                || typeof(IAsyncResult).IsAssignableFrom(method.ReturnType)
                || method.ReturnType.FullName?.StartsWith("System.Threading.Tasks.", StringComparison.Ordinal) == true);

        Assert.Empty(asynchronous);
    }

    [Fact]
    public void Core_KeepsNoStateBetweenCalls()
    {
        var mutable = Core.GetTypes()
            .Where(type => type.GetCustomAttribute<CompilerGeneratedAttribute>() is null && !type.FullName!.Contains('<', StringComparison.Ordinal))
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => !field.IsInitOnly && !field.IsLiteral && !field.Name.Contains("__", StringComparison.Ordinal));

        Assert.Empty(mutable.Select(field => $"{field.DeclaringType}.{field.Name}"));
    }
}
