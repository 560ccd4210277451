using System.Collections.Immutable;

namespace Harness.Mcp.Core.Documents;

/// <summary>A place in a file people write. Lines and columns count from 1; 0 means that the place is not known.</summary>
public readonly record struct SourcePosition(string File, int Line, int Column)
{
    public override string ToString() => Line == 0 ? File : $"{File}:{Line}:{Column}";
}

/// <summary>How a scalar was written, by YAML's core schema: a quoted scalar is always <see cref="String"/>.</summary>
public enum ScalarKind
{
    String,
    Integer,
    Float,
    Boolean,
    Null,
}

/// <summary>A YAML or JSON document as a tree that remembers where each part stands, so that every problem has a place.</summary>
public abstract record DocumentNode(SourcePosition Position)
{
    public sealed record Map(SourcePosition Position, ImmutableArray<DocumentEntry> Entries) : DocumentNode(Position)
    {
        /// <summary>The value of <paramref name="key"/> (ordinal), or null where the map has none.</summary>
        public DocumentNode? this[string key]
        {
            get
            {
                foreach (var entry in Entries)
                    if (string.Equals(entry.Key, key, StringComparison.Ordinal))
                        return entry.Value;
                return null;
            }
        }
    }

    public sealed record List(SourcePosition Position, ImmutableArray<DocumentNode> Items) : DocumentNode(Position);

    public sealed record Scalar(SourcePosition Position, string Text, ScalarKind Kind) : DocumentNode(Position);
}

/// <summary>One key of a map. Readers of documents refuse duplicate keys before a tree exists.</summary>
public sealed record DocumentEntry(string Key, SourcePosition KeyPosition, DocumentNode Value);
