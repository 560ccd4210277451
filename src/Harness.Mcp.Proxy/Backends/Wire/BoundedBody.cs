namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>Reads a body to its end, up to a bound.</summary>
internal static class BoundedBody
{
    /// <param name="length">As it was announced; null where it was not.</param>
    /// <exception cref="LineTooLongException">There is more than <paramref name="bytesMax"/>, or it is announced.</exception>
    public static async Task<byte[]> ReadAsync(Stream body, long? length, int bytesMax, CancellationToken cancellationToken)
    {
        if (length > bytesMax)
            throw new LineTooLongException(bytesMax);
        if (length is { } announced)
        {
            var exact = new byte[announced];
            await body.ReadExactlyAsync(exact, cancellationToken);
            return exact;
        }

        using var whole = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (var count = await body.ReadAsync(buffer, cancellationToken); count > 0; count = await body.ReadAsync(buffer, cancellationToken))
        {
            if (whole.Length + count > bytesMax)
                throw new LineTooLongException(bytesMax);
            whole.Write(buffer, 0, count);
        }

        return whole.ToArray();
    }
}
