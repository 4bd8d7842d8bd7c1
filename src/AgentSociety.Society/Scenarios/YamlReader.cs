using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace AgentSociety.Society;

/// <summary>Reads YAML into parts that know their places.</summary>
/// <remarks>
/// Of YAML it takes what a settings file needs: mappings, lists and values. Anchors, aliases, tags and further documents are refused, so that no
/// file can unfold into more than it shows.
/// </remarks>
internal sealed class YamlReader
{
    /// <summary>Longest text that is read, in characters.</summary>
    public const int LongestText = 1 << 20;

    private const int DeepestNesting = 32;
    private readonly IParser _parser;
    private readonly Func<Mark, Place> _place;
    private readonly Faults _faults;
    private bool _incomplete;

    private YamlReader(string text, Func<Mark, Place> place, Faults faults)
    {
        _parser = new Parser(new StringReader(text));
        _place = place;
        _faults = faults;
    }

    /// <summary>The text's one document; null where it is empty, or where its syntax is broken or it refers to what was not read, which is then among the faults.</summary>
    public static YamlPart? Read(string text, Func<Mark, Place> place, Faults faults)
    {
        if (text.Length > LongestText)
        {
            faults.Add(place(Mark.Empty), "", $"the text has {text.Length:N0} characters, and a scenario has at most {LongestText:N0}; name a scenario file");
            return null;
        }

        YamlReader reader = new(text, place, faults);
        try
        {
            return reader.Document();
        }
        catch (YamlException failure)
        {
            string message = failure.Message.ReplaceLineEndings(" ").TrimEnd('.');
            faults.Add(place(failure.End), "", $"this is no YAML: {message}");
            return null;
        }
        catch (Exception failure) when (failure is InvalidOperationException or ArgumentException)
        {
            // The scanner meets some broken texts with these; it stands after what it could read.
            faults.Add(place(reader._parser.Current?.End ?? Mark.Empty), "", "this is no YAML: something after here cannot be read; look for a bracket, a quote or a colon too few");
            return null;
        }
    }

    private YamlPart? Document()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _)) return null;
        _parser.Consume<DocumentStart>();
        YamlPart part = Part("", 0);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out DocumentStart? second)) _faults.Add(_place(second.Start), "", "a second document begins here; a scenario is one document");
        return _incomplete ? null : part;
    }

    private YamlPart Part(string path, int depth)
    {
        ParsingEvent next = _parser.Current!;
        Place at = _place(next.Start);
        if (depth > DeepestNesting) throw new YamlException(next.Start, next.End, $"nested deeper than {DeepestNesting} levels");
        if (next is NodeEvent node)
        {
            if (!node.Anchor.IsEmpty) _faults.Add(at, path, $"anchors are not used in scenarios; remove &{node.Anchor}");
            if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific) _faults.Add(at, path, $"tags are not used in scenarios; remove {node.Tag}");
        }

        switch (next)
        {
            case AnchorAlias alias:
                _parser.MoveNext();
                _incomplete = true;
                _faults.Add(at, path, $"aliases are not used in scenarios; write the value of *{alias.Value} out");
                return new YamlPart.Scalar(at, "", Quoted: false);
            case Scalar scalar:
                _parser.MoveNext();
                return new YamlPart.Scalar(at, scalar.Value, scalar.Style != ScalarStyle.Plain);
            case SequenceStart:
                return Sequence(at, path, depth);
            default:
                return Mapping(at, path, depth);
        }
    }

    private YamlPart.Sequence Sequence(Place at, string path, int depth)
    {
        _parser.Consume<SequenceStart>();
        List<YamlPart> items = [];
        while (!_parser.TryConsume<SequenceEnd>(out _)) items.Add(Part($"{path}[{items.Count}]", depth + 1));
        return new YamlPart.Sequence(at, items);
    }

    private YamlPart.Mapping Mapping(Place at, string path, int depth)
    {
        _parser.Consume<MappingStart>();
        Dictionary<string, YamlEntry> known = [];
        List<YamlEntry> entries = [];
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            YamlPart key = Part(path, depth + 1);
            string name = key is YamlPart.Scalar scalar ? scalar.Text : "";
            YamlEntry entry = new(name, key.At, Part(path.Length == 0 ? name : $"{path}.{name}", depth + 1));
            if (key is not YamlPart.Scalar) _faults.Add(key.At, path, $"a key must be a word, not {key.Kind}");
            else if (known.TryGetValue(name, out YamlEntry? first)) _faults.Add(key.At, path.Length == 0 ? name : $"{path}.{name}", $"the key stands here for the second time, after {first.KeyAt}; remove one");
            else entries.Add(known[name] = entry);
        }

        return new YamlPart.Mapping(at, entries);
    }
}
