using System.Security.Cryptography;
using CsCheck;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Enforcement.Asking;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement.Asking;

/// <summary>A state that was sealed opens as it was; nothing else opens.</summary>
public class RequestStateSealTests
{
    private static readonly Gen<string> Text = Gen.String[Gen.Char.AlphaNumeric, 0, 40];

    private static readonly Gen<RequestState> States = Gen.Select(
        Gen.Select(Text, Text, Text, Text), Gen.Byte.Array[0, 30], Gen.Guid, Gen.Int[1, 10], Gen.Long[0, DateTimeOffset.MaxValue.UtcTicks], Gen.String.Null(),
        (names, arguments, call, round, ticks, inner) => new RequestState(
            new MissionId(names.Item1), new AgentId(names.Item2), new ToolId(new BackendId(names.Item3), names.Item4), Digest.Of(arguments), new CallId(call), round,
            new DateTimeOffset(ticks, TimeSpan.Zero), inner is null || HasHalf(inner) ? null : inner));

    private readonly RequestStateSeal _seal = new(RandomNumberGenerator.GetBytes(32));

    [Fact]
    public void SealedState_OpensAsItWas() => States.Sample(state => Assert.Equal(state, _seal.Open(_seal.Seal(state)!)), iter: 500);

    [Fact]
    public void ChangedState_DoesNotOpen() => Gen.Select(States, Gen.Int[0, int.MaxValue], Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= \n"], Gen.Int[0, 3]).Sample(
        (state, place, character, how) =>
        {
            var text = _seal.Seal(state)!;
            var at = place % text.Length;
            var changed = how switch
            {
                0 => text[..at] + character + text[(at + 1)..],
                1 => text[..at] + character + text[at..],
                2 => text[..at] + text[(at + 1)..],
                _ => text[..at],
            };

            if (changed != text)
                Assert.Null(_seal.Open(changed));
        },
        iter: 3_000);

    [Fact]
    public void StateOfAnotherKey_DoesNotOpen()
    {
        var other = new RequestStateSeal(RandomNumberGenerator.GetBytes(32));
        States.Sample(state => Assert.Null(other.Open(_seal.Seal(state)!)), iter: 200);
    }

    [Theory]
    [InlineData("")]
    [InlineData("h1.")]
    [InlineData("h2.AAAA")]
    [InlineData("h1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("the backend's own state")]
    public void OtherText_DoesNotOpen(string text) => Assert.Null(_seal.Open(text));

    [Fact]
    public void SameState_IsSealedDifferentlyEachTime() => States.Sample(state => Assert.NotEqual(_seal.Seal(state), _seal.Seal(state)), iter: 50);

    [Fact]
    public void State_ThatIsTooLong_IsNotSealed() =>
        Assert.Null(_seal.Seal(States.Single() with { Inner = new string('x', RequestStateSeal.CharsMax) }));

    [Fact]
    public void Key_IsKept_AndItsOwnersAlone()
    {
        var folder = Directory.CreateTempSubdirectory("harness-key-");
        try
        {
            var state = Path.Combine(folder.FullName, "state");
            var key = RequestStateKey.ReadOrMake(state);

            Assert.Equal(32, key.Length);
            Assert.Equal(key, RequestStateKey.ReadOrMake(state));
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(state, RequestStateKey.FileName)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static bool HasHalf(string text)
    {
        for (var index = 0; index < text.Length; index++)
            if (char.IsSurrogate(text[index]) && !(char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[++index])))
                return true;
        return false;
    }
}
