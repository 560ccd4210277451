using CsCheck;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Store.Memory;
using Harness.Mcp.Store.Tests.Sqlite;
using Harness.Mcp.Store.Verification;
using Xunit;

namespace Harness.Mcp.Store.Tests.Verification;

public sealed class ChainVerifierTests : IDisposable
{
    private const int Length = 12;

    private static readonly MissionId Mission = Given.Mission();
    private static readonly CallId Call = Given.Call(Mission, 1);
    private static readonly CallId Own = Given.Call(Mission, 8);
    private static readonly ObligationId Owed = new(new RuleId("give-back"), 2);

    private readonly ChainFile _file = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chain_IsWhole_AsItWasAppended()
    {
        var chain = Given.Chain(Mission, 1200);
        await using var store = new MemoryChainStore(TimeProvider.System);
        await store.AppendAsync(Mission, 0, chain, Token);

        var finding = await ChainVerifier.VerifyAsync(store, Mission, Token);

        Assert.Equal(new ChainFinding.Whole(Mission, 1200, chain[^1].Digest), finding);
    }

    [Theory]
    [InlineData("UPDATE links SET record = CAST(replace(CAST(record AS TEXT), 'ALR-1000', 'ALR-1001') AS BLOB) WHERE version = 6", 6)]
    [InlineData("UPDATE links SET record = x'' WHERE version = 12", 12)]
    [InlineData("UPDATE links SET digest = (SELECT digest FROM links WHERE version = 7) WHERE version = 6", 6)]
    [InlineData("DELETE FROM links WHERE version = 1", 1)]
    [InlineData("DELETE FROM links WHERE version = 6", 6)]
    [InlineData("DELETE FROM links WHERE version = 6; UPDATE links SET version = version - 1 WHERE version > 6", 6)]
    [InlineData("UPDATE links SET version = 99 WHERE version = 6; UPDATE links SET version = 6 WHERE version = 7; UPDATE links SET version = 7 WHERE version = 99", 6)]
    [InlineData("UPDATE links SET version = version + 100 WHERE version > 6; UPDATE links SET version = version - 99 WHERE version > 100; INSERT INTO links (mission, version, before, digest, record) SELECT mission, 7, before, digest, record FROM links WHERE version = 4", 7)]
    [InlineData("INSERT INTO links (mission, version, before, digest, record) SELECT mission, 13, position, digest, record FROM links WHERE version = 12", 13)]
    [InlineData("UPDATE links SET mission = 99 WHERE version = 6", 6)]
    [InlineData("UPDATE links SET before = 4 WHERE version = 7; DELETE FROM links WHERE version = 6", 6)]
    [InlineData("UPDATE missions SET version = 13, position = 13; INSERT INTO links (mission, version, before, digest, record) SELECT mission, 13, position, digest, record FROM links WHERE version = 12", 13)]
    public async Task Tampering_IsFound_AtItsFirstLink(string sql, long version)
    {
        await using var store = _file.Open();
        await store.AppendAsync(Mission, 0, Given.Chain(Mission, Length), Token);
        Assert.IsType<ChainFinding.Whole>(await ChainVerifier.VerifyAsync(store, Mission, Token));
        _file.Tamper(sql);

        var finding = await ChainVerifier.VerifyAsync(store, Mission, Token);

        Assert.Equal(version, Assert.IsType<ChainFinding.Broken>(finding).Version);
    }

    [Fact]
    public async Task ForgedLink_IsFound_EvenWithItsOwnDigestMended()
    {
        var chain = Given.Chain(Mission, Length);
        var forged = Given.Seal(Mission, 6, chain[4].Digest, Given.Admitted(Given.Call(Mission, 99)));
        await using var store = _file.Open();
        await store.AppendAsync(Mission, 0, chain, Token);
        _file.Tamper(
            "UPDATE links SET record = @record, digest = @digest WHERE version = 6", ("@record", forged.Bytes.ToArray()), ("@digest", forged.Digest.Value));

        var finding = await ChainVerifier.VerifyAsync(store, Mission, Token);

        Assert.Equal(7, Assert.IsType<ChainFinding.Broken>(finding).Version);
    }

    [Fact]
    public async Task LinkOfAnotherMission_IsFound()
    {
        var other = Given.Mission("other");
        await using var store = _file.Open();
        await store.AppendAsync(Mission, 0, Given.Chain(Mission, Length), Token);
        await store.AppendAsync(other, 0, Given.Chain(other, Length), Token);
        _file.Tamper("""
            UPDATE links SET mission = 1, version = 13, before = 12 WHERE mission = 2 AND version = 12;
            UPDATE missions SET version = 13, position = 24 WHERE id = 1;
            """);

        var finding = await ChainVerifier.VerifyAsync(store, Mission, Token);

        Assert.Equal(13, Assert.IsType<ChainFinding.Broken>(finding).Version);
        Assert.Contains("link 12", Assert.IsType<ChainFinding.Unreadable>(await ChainVerifier.VerifyAsync(store, other, Token)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnyFlippedBit_IsFound_InAnyRecord()
    {
        await using var store = _file.Open();
        var chain = Given.Chain(Mission, Length);
        await store.AppendAsync(Mission, 0, chain, Token);

        await Gen.Select(Gen.Int[1, Length], Gen.Int[0, 100_000], Gen.Int[0, 7]).SampleAsync(
            async (version, place, bit) =>
            {
                var genuine = chain[version - 1].Bytes.ToArray();
                var flipped = genuine.ToArray();
                flipped[place % flipped.Length] ^= (byte)(1 << bit);
                _file.Tamper("UPDATE links SET record = @record WHERE version = @version", ("@record", flipped), ("@version", version));

                var finding = await ChainVerifier.VerifyAsync(store, Mission, Token);

                _file.Tamper("UPDATE links SET record = @record WHERE version = @version", ("@record", genuine), ("@version", version));
                Assert.Equal(version, Assert.IsType<ChainFinding.Broken>(finding).Version);
            },
            iter: 100, threads: 1);
    }

    [Fact]
    public async Task CutOffEnd_IsFound_WhereTheHeadStillNamesIt()
    {
        await using var store = _file.Open();
        await store.AppendAsync(Mission, 0, Given.Chain(Mission, Length), Token);
        _file.Tamper("DELETE FROM links WHERE version > 9");

        var finding = Assert.IsType<ChainFinding.Unreadable>(await ChainVerifier.VerifyAsync(store, Mission, Token));

        Assert.Contains("link 10 and what follows it is gone", finding.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CutOffEnd_IsNotFound_WithoutTheDigestKeptOutside()
    {
        var chain = Given.Chain(Mission, Length);
        await using var store = _file.Open();
        await store.AppendAsync(Mission, 0, chain, Token);
        _file.Tamper("DELETE FROM links WHERE version > 9; UPDATE missions SET version = 9, position = 9");

        var finding = Assert.IsType<ChainFinding.Whole>(await ChainVerifier.VerifyAsync(store, Mission, Token));

        Assert.Equal(9, finding.Links);
        Assert.NotEqual(chain[^1].Digest, finding.Head);
    }

    [Fact]
    public async Task UnreadableStore_IsNeitherWholeNorBroken()
    {
        await using var store = new MemoryChainStore(TimeProvider.System);
        await store.DisposeAsync();

        Assert.IsType<ChainFinding.Unreadable>(await ChainVerifier.VerifyAsync(store, Mission, Token));
    }

    public static TheoryData<string, LinkBody[]> IllegalOrders => new()
    {
        { "begins with the opening", [Given.Admitted(Call)] },
        { "a second time", [Given.Opened(), Given.Opened()] },
        { "never admitted", [Given.Opened(), Given.Settled(Call)] },
        { "settles call", [Given.Opened(), Given.Admitted(Call), Given.Settled(Call), Given.Settled(Call)] },
        { "admits call", [Given.Opened(), Given.Admitted(Call), Given.Admitted(Call)] },
        { "is suspended", [Given.Opened(), new LinkBody.MissionSuspended("a", ""), Given.Admitted(Call)] },
        { "is active", [Given.Opened(), new LinkBody.MissionResumed("a", "")] },
        { "is suspended", [Given.Opened(), new LinkBody.MissionSuspended("a", ""), new LinkBody.MissionSuspended("a", "")] },
        { "is ended", [Given.Opened(), new LinkBody.MissionRevoked("a", ""), new LinkBody.MissionResumed("a", "")] },
        { "is ended", [Given.Opened(), new LinkBody.MissionCompleted("a", ""), Given.Admitted(Call)] },
        { "is suspended", [Given.Opened(), new LinkBody.MissionSuspended("a", ""), new LinkBody.RulesTightened([], Digest.Zero)] },
        { "is suspended", [Given.Opened(), new LinkBody.MissionSuspended("a", ""), Given.Asked(Mission, Call)] },
        { "asks nobody", [Given.Opened(), Given.Asked(Mission, Call) with { Asks = [] }] },
        { "another call than the one it shows", [Given.Opened(), Given.Asked(Mission, Call) with { Arguments = Given.Json("""{"id":"ALR-1001"}""") }] },
        { "asks for no approval then", [Given.Opened(), new LinkBody.ApprovalGranted(1, "soc-lead", "")] },
        { "asks for no approval then", [Given.Opened(), Given.Asked(Mission, Call) with { ExpiresAt = Given.Noon.AddSeconds(3) }, new LinkBody.ApprovalGranted(2, "soc-lead", "")] },
        { "in the name of `agent`", [Given.Opened(), Given.Asked(Mission, Call), new LinkBody.ApprovalGranted(2, "agent", "")] },
        { "in the name of `agent`", [Given.Opened(), Given.Asked(Mission, Call), new LinkBody.ApprovalRefused(2, "agent", "")] },
        { "not there to be used", [Given.Opened(), Given.Asked(Mission, Call), Given.Admitted(Call) with { Approval = 2 }] },
        { "not there to be used", [Given.Opened(), Given.Asked(Mission, Call), new LinkBody.ApprovalRefused(2, "soc-lead", ""), Given.Admitted(Call) with { Approval = 2 }] },
        {
            "not there to be used",
            [
                Given.Opened(), Given.Asked(Mission, Call), new LinkBody.ApprovalGranted(2, "soc-lead", ""), Given.Admitted(Call) with { Approval = 2 },
                Given.Admitted(Given.Call(Mission, 9)) with { Approval = 2 },
            ]
        },
        {
            "for another call",
            [
                Given.Opened(), Given.Asked(Mission, Call), new LinkBody.ApprovalGranted(2, "soc-lead", ""),
                Given.Admitted(Call) with { Approval = 2, Arguments = Given.Json("""{"id":"ALR-1001"}""") },
            ]
        },
        {
            "asks for no approval then",
            [
                Given.Opened(), Given.Asked(Mission, Call), new LinkBody.MissionSuspended("a", ""), new LinkBody.MissionResumed("a", ""),
                new LinkBody.ApprovalGranted(2, "soc-lead", ""),
            ]
        },
        { "no such call has ended well", [Given.Opened(), Given.Own(Own, 1)] },
        { "no such call has ended well", [Given.Opened(), Given.Admitted(Call), Given.Own(Own, 2)] },
        {
            "no such call has ended well",
            [Given.Opened(), Given.Admitted(Call), Given.Settled(Call) with { Outcome = CallOutcome.Error }, new LinkBody.ObligationMissed(Owed, "")]
        },
        { "own without an obligation", [Given.Opened(), Given.Admitted(Call) with { Agent = AgentId.Proxy }] },
        { "own without an obligation", [Given.Opened(), Given.Admitted(Call), Given.Settled(Call), Given.Own(Own, 2) with { Agent = new AgentId("soc-responder") }] },
        { "keeps the obligation give-back of link 2 a second time", [Given.Opened(), Given.Admitted(Call), Given.Settled(Call), Given.Own(Own, 2), Given.Own(Given.Call(Mission, 9), 2)] },
        { "which was reported as missed", [Given.Opened(), Given.Admitted(Call), Given.Settled(Call), new LinkBody.ObligationMissed(Owed, ""), Given.Own(Own, 2)] },
        { "misses the obligation", [Given.Opened(), Given.Admitted(Call), Given.Settled(Call), new LinkBody.ObligationMissed(Owed, ""), new LinkBody.ObligationMissed(Owed, "")] },
        { "not granted to call", [Given.Opened(), Given.Admitted(Call), Given.Question(Call)] },
        { "not granted to call", [Given.Opened(), Given.Askable(Call), Given.Question(Call) with { Kinds = AgentInputs.Sampling }] },
        { "not granted to call", [Given.Opened(), Given.Askable(Call), Given.Settled(Call), Given.Question(Call)] },
        { "question 2 of call", [Given.Opened(), Given.Askable(Call), Given.Question(Call), Given.Question(Call, 2)] },
        { "out of turn", [Given.Opened(), Given.Askable(Call), Given.Question(Call), Given.Answer(Call), Given.Question(Call)] },
        { "does not wait for that", [Given.Opened(), Given.Askable(Call), Given.Answer(Call)] },
        { "does not wait for that", [Given.Opened(), Given.Askable(Call), Given.Question(Call), Given.Answer(Call), Given.Answer(Call)] },
        { "does not wait for that", [Given.Opened(), Given.Askable(Call), Given.Question(Call), Given.Settled(Call), Given.Answer(Call)] },
        { "after it expired", [Given.Opened(), Given.Askable(Call), Given.Question(Call) with { ExpiresAt = Given.Noon.AddSeconds(4) }, Given.Answer(Call)] },
        { "opens a task for call", [Given.Opened(), Given.Task(Call)] },
        { "opens a task for call", [Given.Opened(), Given.Askable(Call), Given.Task(Call), Given.Task(Call)] },
        { "opens a task for call", [Given.Opened(), Given.Askable(Call), Given.Question(Call), Given.Task(Call)] },
        { "opens a task for call", [Given.Opened(), Given.Askable(Call), Given.Settled(Call), Given.Task(Call)] },
        { "opens a task in", [Given.Opened(), Given.Askable(Call), new LinkBody.MissionSuspended("a", ""), Given.Task(Call)] },
        { "which waits for none", [Given.Opened(), Given.Askable(Call), Given.Report(Call)] },
        { "which waits for none", [Given.Opened(), Given.Askable(Call), Given.Task(Call), Given.Settled(Call), Given.Report(Call)] },
        { "reports of a task in", [Given.Opened(), Given.Askable(Call), Given.Task(Call), new LinkBody.MissionSuspended("a", ""), Given.Report(Call)] },
        { "gives input in", [Given.Opened(), Given.Askable(Call), Given.Question(Call), new LinkBody.MissionSuspended("a", ""), Given.Answer(Call)] },
        { "has expired", [Given.Opened() with { ExpiresAt = Given.Noon }, Given.Admitted(Call)] },
    };

    [Theory]
    [MemberData(nameof(IllegalOrders))]
    public async Task Order_IsFoundIllegal_AtTheLastLink(string complaint, LinkBody[] bodies)
    {
        await using var store = await Stored(bodies);

        var broken = Assert.IsType<ChainFinding.Broken>(await ChainVerifier.VerifyAsync(store, Mission, Token));

        Assert.Contains(complaint, broken.Why, StringComparison.Ordinal);
        Assert.Equal(bodies.Length, broken.Version);
    }

    [Fact]
    public async Task Order_IsLegal_ForACallThatSettlesAfterTheStop()
    {
        await using var store = await Stored(
            Given.Opened(), Given.Admitted(Call), new LinkBody.MissionSuspended("a", ""), new LinkBody.MissionResumed("a", ""),
            new LinkBody.MissionRevoked("a", ""), Given.Settled(Call), Given.Refused(Given.Call(Mission, 7)));

        Assert.IsType<ChainFinding.Whole>(await ChainVerifier.VerifyAsync(store, Mission, Token));
    }

    [Fact]
    public async Task Order_IsLegal_ForACallThatIsAnsweredLater()
    {
        await using var store = await Stored(
            Given.Opened(), Given.Askable(Call), Given.Task(Call), Given.Report(Call), Given.Question(Call), Given.Answer(Call), Given.Report(Call),
            new LinkBody.MissionSuspended("a", ""), Given.Settled(Call));

        Assert.IsType<ChainFinding.Whole>(await ChainVerifier.VerifyAsync(store, Mission, Token));
    }

    [Fact]
    public async Task Order_IsLegal_ForQuestionsThatAreAnsweredOrRefused()
    {
        await using var store = await Stored(
            Given.Opened(), Given.Askable(Call), Given.Question(Call), Given.Answer(Call), Given.Question(Call, 2), new LinkBody.MissionSuspended("a", ""),
            new LinkBody.InputRefused(Call, 2, new Denial(ReasonCode.MissionSuspended, "This mission is suspended.")), Given.Settled(Call));

        Assert.IsType<ChainFinding.Whole>(await ChainVerifier.VerifyAsync(store, Mission, Token));
    }

    [Fact]
    public async Task Order_IsLegal_ForAnApprovalThatIsUsed()
    {
        await using var store = await Stored(
            Given.Opened(), Given.Asked(Mission, Call), new LinkBody.ApprovalGranted(2, "soc-lead", ""), Given.Admitted(Call) with { Approval = 2 },
            Given.Asked(Mission, Call), new LinkBody.ApprovalRefused(5, "soc-lead", "once is enough"));

        Assert.IsType<ChainFinding.Whole>(await ChainVerifier.VerifyAsync(store, Mission, Token));
    }

    [Fact]
    public async Task Order_IsLegal_ForTheProxysOwnCall_AfterTheEnd()
    {
        await using var store = await Stored(
            Given.Opened(), Given.Admitted(Call), Given.Settled(Call), new LinkBody.MissionRevoked("a", ""), Given.Own(Own, 2),
            Given.Settled(Own) with { Outcome = CallOutcome.Error }, new LinkBody.ObligationMissed(Owed, "It did not end well."));

        Assert.IsType<ChainFinding.Whole>(await ChainVerifier.VerifyAsync(store, Mission, Token));
    }

    [Fact]
    public async Task TimeThatRunsBackwards_IsFound()
    {
        var opened = Given.Chain(Mission, 1)[0];
        var early = LinkCodec.Seal(new Link(Mission, 2, Given.Noon, opened.Digest, Given.Admitted(Call)));
        await using var store = new MemoryChainStore(TimeProvider.System);
        await store.AppendAsync(Mission, 0, [opened, early], Token);

        Assert.Contains("time", Assert.IsType<ChainFinding.Broken>(await ChainVerifier.VerifyAsync(store, Mission, Token)).Why, StringComparison.Ordinal);
    }

    public void Dispose() => _file.Dispose();

    private static async Task<MemoryChainStore> Stored(params LinkBody[] bodies)
    {
        var store = new MemoryChainStore(TimeProvider.System);
        var previous = Digest.Zero;
        for (var index = 0; index < bodies.Length; index++)
        {
            var link = Given.Seal(Mission, index + 1, previous, bodies[index]);
            await store.AppendAsync(Mission, index, [link], Token);
            previous = link.Digest;
        }

        return store;
    }
}
