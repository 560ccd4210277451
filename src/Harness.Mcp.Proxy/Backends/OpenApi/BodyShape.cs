using System.Collections.Immutable;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

internal enum BodyForm
{
    Json,

    /// <summary>`application/x-www-form-urlencoded`.</summary>
    UrlEncoded,

    /// <summary>`multipart/form-data`.</summary>
    Multipart,
}

/// <summary>How the argument `body` becomes the body of a request.</summary>
/// <param name="MediaType">As it is sent; a multipart body gets its boundary with each request.</param>
/// <param name="Fields">The members of a form that the document names, in its order; others are written as texts.</param>
internal sealed record BodyShape(string MediaType, BodyForm Form, ImmutableArray<FormField> Fields)
{
    public static BodyShape Json(string mediaType) => new(mediaType, BodyForm.Json, []);

    public FormField Field(string name) => Fields.FirstOrDefault(field => field.Name == name) ?? new FormField(name, ParameterForm.Form, true, null, false);
}

/// <summary>How one member of a form is written.</summary>
/// <param name="MediaType">Of its part, where the document says one; null where the value's kind says it.</param>
/// <param name="IsFile">The member is the bytes of a file, which the argument gives in base64.</param>
internal sealed record FormField(string Name, ParameterForm Form, bool IsExploded, string? MediaType, bool IsFile);
