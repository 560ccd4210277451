namespace Harness.Mcp.Proxy.Tests.Backends.OpenApi;

/// <summary>Documents that hold what real ones do, and more of it at once.</summary>
internal static class HardDocuments
{
    /// <summary>OpenAPI 3.0 in YAML: its own dialect of schemas, recursion, references everywhere, names that do not fit.</summary>
    public const string Old = """
        openapi: 3.0.3
        info: { title: Shop, version: 1.0 }
        servers:
          - url: https://{region}.shop.example/{version}
            variables:
              region: { default: eu }
              version: { default: v2 }
        paths:
          /orders/{order-id}/items/{item}:
            parameters:
              - { name: order-id, in: path, required: true, description: The order., schema: { type: string } }
              - { name: item, in: path, required: true, schema: { type: integer } }
              - { name: item, in: query, schema: { type: integer, description: Instead. } }
            put:
              operationId: items.replace
              parameters:
                - { name: order-id, in: path, required: true, description: The order to change., schema: { type: string, maxLength: 20 } }
                - { name: Authorization, in: header, required: true, schema: { type: string } }
                - { name: X-Forwarded-Host, in: header, schema: { type: string } }
                - { name: "filter[state]", in: query, schema: { type: string } }
                - $ref: "#/components/parameters/Trace"
              requestBody: { $ref: "#/components/requestBodies/Item" }
              responses:
                200: { $ref: "#/components/responses/Item" }
                404: { description: None. }
          /search:
            get:
              summary: Find.
              deprecated: true
              parameters:
                - { name: where, in: query, content: { application/json: { schema: { type: object } } } }
              responses:
                default: { description: All., content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Item" } } } } }
          /search/:
            get: { responses: { 204: { description: Nothing. } } }
          /upload:
            post:
              requestBody: { required: true, content: { multipart/mixed: { schema: { type: object } } } }
              responses: { 204: { description: Done. } }
          /remote:
            get:
              parameters: [{ name: a, in: query, schema: { $ref: "https://evil.example/schema.json" } }]
              responses: { 204: { description: Done. } }
          /circle:
            get:
              parameters: [{ $ref: "#/components/parameters/A" }]
              responses: { 204: { description: Done. } }
          /loop: { $ref: "#/paths/~1loop" }
          /needs-host:
            get:
              parameters: [{ name: Host, in: header, required: true, schema: { type: string } }]
              responses: { 204: { description: Done. } }
          /../admin:
            get: { responses: { 204: { description: Done. } } }
          /what?kind=x:
            get: { responses: { 204: { description: Done. } } }
          /nameless/{id}:
            get: { responses: { 204: { description: Done. } } }
          /trace:
            trace: { responses: { 204: { description: Done. } } }
          /text:
            get:
              responses:
                200: { description: Either., content: { application/json: { schema: { type: object } }, text/plain: {} } }
        components:
          parameters:
            A: { $ref: "#/components/parameters/B" }
            B: { $ref: "#/components/parameters/A" }
            Trace: { name: X-Trace, in: header, schema: { type: string } }
          requestBodies:
            Item:
              required: true
              content:
                application/vnd.shop+json; charset=utf-8: { schema: { $ref: "#/components/schemas/Item" } }
          responses:
            Item:
              description: The item.
              content: { application/vnd.shop+json: { schema: { $ref: "#/components/schemas/Item" } } }
          schemas:
            Item:
              type: object
              required: [id, name, secret]
              discriminator: { propertyName: kind }
              properties:
                id: { type: integer, format: int64, readOnly: true }
                secret: { type: string, writeOnly: true }
                name: { type: string, example: Pen, x-order: 1 }
                price: { type: number, minimum: 0, exclusiveMinimum: true, maximum: 12345678901234567890.5, exclusiveMaximum: false }
                note: { type: string, nullable: true, enum: [a, b] }
                parts: { type: array, items: { $ref: "#/components/schemas/Item" } }
                parent: { nullable: true, allOf: [{ $ref: "#/components/schemas/Item" }] }
                plain: { $ref: "#/components/schemas/Name", nullable: true, description: 3.0 ignores what stands here. }
            Name: { type: string, xml: { attribute: true } }
        """;

    /// <summary>OpenAPI 3.1 in JSON: JSON Schema 2020-12 as it is.</summary>
    public const string New = """
        { "openapi": "3.1.0", "info": { "title": "t", "version": "1" }, "paths": {
          "/things": {
            "post": { "operationId": "make", "requestBody": { "content": { "application/json": { "schema": {
              "type": "object", "properties": {
                "five": { "const": 5 }, "any": true, "none": false, "pair": { "type": "array", "prefixItems": [{ "$ref": "#/components/schemas/Node" }], "items": false },
                "maybe": { "type": ["string", "null"] }, "node": { "$ref": "#/components/schemas/Node", "description": "Stays." },
                "inner": { "$ref": "#/components/schemas/Node/properties/next" }, "when": { "if": { "type": "string" }, "then": { "minLength": 2 } } } } } } },
              "responses": { "201": { "description": "k", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Node" } } } },
                             "200": { "description": "k", "content": { "application/json": { "schema": { "type": "object", "required": ["old"] } } } } } },
            "get": { "operationId": "make", "responses": { "204": { "description": "k" } } } },
          "/anchored": { "get": { "parameters": [{ "name": "a", "in": "query", "schema": { "$anchor": "x" } }], "responses": { "204": { "description": "k" } } } } },
          "components": { "schemas": { "Node": { "type": "object", "required": ["value"], "properties": { "value": { "type": "integer" }, "next": { "$ref": "#/components/schemas/Node" } } } } } }
        """;
}
