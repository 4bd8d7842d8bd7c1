namespace AgentSociety.Models.Templates;

/// <summary>An expression of a template, with the line that it stands on.</summary>
internal abstract record Expression(int Line);

internal sealed record Literal(int Line, object? Value) : Expression(Line);

internal sealed record Name(int Line, string Identifier) : Expression(Line);

internal sealed record ListOf(int Line, IReadOnlyList<Expression> Items) : Expression(Line);

internal sealed record MapOf(int Line, IReadOnlyList<(Expression Key, Expression Value)> Entries) : Expression(Line);

internal sealed record Attribute(int Line, Expression Target, string Key) : Expression(Line);

internal sealed record Index(int Line, Expression Target, Expression Key) : Expression(Line);

internal sealed record Slice(int Line, Expression Target, Expression? From, Expression? To, Expression? Step) : Expression(Line);

internal sealed record Call(int Line, Expression Target, IReadOnlyList<Expression> Arguments, IReadOnlyList<(string Key, Expression Value)> Named) : Expression(Line);

internal sealed record Filtered(int Line, Expression Target, string Filter, IReadOnlyList<Expression> Arguments, IReadOnlyList<(string Key, Expression Value)> Named) : Expression(Line);

internal sealed record Tested(int Line, Expression Target, string Test, IReadOnlyList<Expression> Arguments, bool Negated) : Expression(Line);

internal sealed record Unary(int Line, string Operator, Expression Operand) : Expression(Line);

internal sealed record Binary(int Line, string Operator, Expression Left, Expression Right) : Expression(Line);

internal sealed record Choice(int Line, Expression Condition, Expression Then, Expression? Otherwise) : Expression(Line);

/// <summary>A part of a template that writes or does something.</summary>
internal abstract record Statement(int Line);

internal sealed record Verbatim(int Line, string Text) : Statement(Line);

internal sealed record Output(int Line, Expression Value) : Statement(Line);

internal sealed record If(int Line, IReadOnlyList<(Expression Condition, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement> Otherwise) : Statement(Line);

internal sealed record For(int Line, IReadOnlyList<string> Names, Expression Source, Expression? Condition, IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Otherwise) : Statement(Line);

internal sealed record Set(int Line, IReadOnlyList<string> Names, string? Key, Expression Value) : Statement(Line);

internal sealed record SetBlock(int Line, string Name, IReadOnlyList<Statement> Body) : Statement(Line);

internal sealed record Macro(int Line, string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, IReadOnlyList<Statement> Body) : Statement(Line);

internal sealed record Leap(int Line, bool Again) : Statement(Line);

/// <summary>What it writes is what the assistant said: a mark for training, which writes nothing itself.</summary>
internal sealed record Generation(int Line, IReadOnlyList<Statement> Body) : Statement(Line);

/// <summary>What a template does not define.</summary>
internal sealed class Undefined(string name)
{
    public string Name { get; } = name;
}

/// <summary>Something that can be called.</summary>
internal delegate object? Callable(IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named);
