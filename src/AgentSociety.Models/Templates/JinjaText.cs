using System.Text;

namespace AgentSociety.Models.Templates;

/// <summary>A text that is being made: it stops the template as soon as it is too long, and not when it has taken the memory.</summary>
internal sealed class JinjaText
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds more.</summary>
    /// <exception cref="JinjaException">The text would be too long.</exception>
    public JinjaText Add(string more)
    {
        if (_text.Length + more.Length > JinjaBudget.LongestText) throw new JinjaException(0, $"a text is longer than {JinjaBudget.LongestText} characters");
        _text.Append(more);
        return this;
    }

    /// <summary>Adds values with something between them.</summary>
    public JinjaText Join<T>(string between, IEnumerable<T> values, Action<T> add)
    {
        bool first = true;
        foreach (T value in values)
        {
            if (!first) Add(between);
            first = false;
            add(value);
        }

        return this;
    }

    /// <inheritdoc />
    public override string ToString()
    {
        JinjaBudget.Read(_text.Length);
        return _text.ToString();
    }
}
