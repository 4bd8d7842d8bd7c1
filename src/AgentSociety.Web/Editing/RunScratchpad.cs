using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Kernel;
using AgentSociety.Society;

namespace AgentSociety.Web;

/// <summary>A way in for edits from outside a run.</summary>
/// <param name="Name">Begins the keys of its edits, so that none is an agent's: those begin with the number of a round.</param>
/// <param name="Trusted">True where a person acts, whom gates and rates do not hold.</param>
public sealed record Door(string Name, bool Trusted)
{
    /// <summary>A form of the web app, which only its own pages can send.</summary>
    public static Door Form { get; } = new("form", Trusted: true);

    /// <summary>HTTP and JSON.</summary>
    public static Door Http { get; } = new("http", Trusted: false);
}

/// <summary>An edit that comes in by a door.</summary>
public sealed record IncomingEdit
{
    /// <summary>By which.</summary>
    public required Door Door { get; init; }

    /// <summary>Who signs it.</summary>
    public required string Author { get; init; }

    /// <summary>The part that a program plays, for gates that hold for one role; null for people.</summary>
    public Role? Role { get; init; }

    /// <summary>What makes a second sending harmless: unique for the door and the author; null for an edit that is sent once.</summary>
    public string? Key { get; init; }

    /// <summary>What to change.</summary>
    public required NoteEdit Edit { get; init; }

    /// <summary>What to do where the page has moved on.</summary>
    public OnConflict OnConflict { get; init; }
}

/// <summary>The scratchpad of a recorded run, for everybody who is not one of its agents: forms, HTTP, the tools of models and MCP clients, the command line.</summary>
/// <remarks>
/// All of them meet the rules of the run's own scenario and stamp the round in play, so that an edit has the same outcome whichever way it
/// comes. The run itself may be editing at the same time. Safe to call from any thread.
/// </remarks>
public sealed class RunScratchpad : IDisposable
{
    /// <summary>Characters of the longest name that an edit is signed with.</summary>
    public const int LongestAuthor = 60;

    private const int LongestKey = 200;

    private readonly Lock _gate = new();
    private readonly RunDirectory _directory;
    private readonly SocietyDatabase _database;
    private readonly RunRecords _records;
    private readonly Scratchpad _scratchpad;
    private readonly EditRules _rules;
    private readonly SocietyException? _unknown;

    /// <summary>Opens a run's scratchpad for editing.</summary>
    /// <exception cref="SocietyException">The database cannot be opened.</exception>
    public RunScratchpad(RunDirectory directory)
    {
        _directory = directory;
        _database = SocietyDatabase.Open(directory.Database);
        _records = new RunRecords(_database);
        (_rules, _unknown) = Rules();
        _scratchpad = new Scratchpad(_database, rules: _rules);
    }

    /// <summary>The round that an edit made now belongs to: the one in play, or the last where all were played.</summary>
    public int RoundInPlay => _records.LastRound() is { } last ? last.Round + (File.Exists(_directory.SummaryFile) ? 0 : 1) : 0;

    /// <summary>Why a text cannot sign an edit; null where it can.</summary>
    public static string? AuthorFault(string author) =>
        string.IsNullOrWhiteSpace(author) ? "an edit is signed with a name; give one"
        : author.Length > LongestAuthor ? $"the name that an edit is signed with has at most {LongestAuthor} characters; shorten it"
        : author.Any(char.IsControl) ? "the name that an edit is signed with holds a control character; leave it out" : null;

    /// <summary>Carries out an edit, durable on return.</summary>
    /// <exception cref="SocietyException">The database could not be written, or the edit is a program's and the rules that hold for it cannot be read.</exception>
    public EditResult Commit(IncomingEdit incoming)
    {
        if (AuthorFault(incoming.Author) is { } fault) return new EditResult.Rejected(fault, EditRule.Form);
        if (incoming.Key is { Length: > LongestKey }) return new EditResult.Rejected($"the key has {incoming.Key.Length} characters, {LongestKey} are allowed", EditRule.Form);
        return Commit(new EditRequest
        {
            Key = $"{incoming.Door.Name}/{Uri.EscapeDataString(incoming.Author)}/{incoming.Key ?? Guid.CreateVersion7().ToString()}",
            Edit = incoming.Edit,
            Author = incoming.Author,
            Role = incoming.Role,
            Round = RoundInPlay,
            Trusted = incoming.Door.Trusted,
            OnConflict = incoming.OnConflict,
        });
    }

    /// <summary>Records that a program read a page.</summary>
    /// <param name="agent">Who read.</param>
    /// <param name="role">The part that it plays; null where it names none.</param>
    /// <param name="page">Full name.</param>
    /// <param name="revision">Id of the revision that was read; null where there is no such page.</param>
    /// <exception cref="SocietyException">Nobody can be called so, or the database could not be written.</exception>
    public void Record(string agent, Role? role, string page, string? revision)
    {
        if (AuthorFault(agent) is { } fault) throw new SocietyException(fault);
        lock (_gate) _database.Record(new OutsideRead { Page = page, Revision = revision, Agent = agent, Role = role, Round = RoundInPlay });
    }

    /// <summary>Takes a page away.</summary>
    /// <remarks>To remove a page is to remove all of its lines: where the rules hold, it needs every gate to be open.</remarks>
    /// <param name="door">By which door.</param>
    /// <param name="page">Full name.</param>
    /// <param name="author">Who.</param>
    /// <param name="role">The part that a program plays; null for people.</param>
    /// <param name="comment">Why.</param>
    /// <param name="seen">The revision that the caller saw; null where it does not matter what the page says.</param>
    public EditResult Delete(Door door, string page, string author, Role? role, string comment, string? seen = null)
    {
        if (AuthorFault(author) is { } fault) return new EditResult.Rejected(fault, EditRule.Form);
        if (!door.Trusted)
        {
            if (_unknown is not null) throw _unknown;
            bool foreign = PageName.Notebook(page) is { } owner && owner != author && _rules.ForeignNotebooks != Gate.Auto;
            if (foreign || _rules.GateOf(page, role) != Gate.Auto || _rules.ShrinkGate != Gate.Auto || _rules.Admission != AdmissionRule.Accept)
                return new EditResult.Rejected($"{page} cannot be deleted under this run's rules; a person can in the web app", foreign ? EditRule.Notebook : EditRule.Gate);
        }

        return Change(pad => pad.Delete(page, author, RoundInPlay, comment, seen));
    }

    /// <summary>The tools of models and of clients of the Model Context Protocol, in somebody's name.</summary>
    /// <param name="author">Who signs the edits.</param>
    /// <param name="person">True where a person sits at the client, whom gates and rates do not hold.</param>
    /// <param name="role">The part that a program plays, for gates that hold for one role; null for people.</param>
    /// <exception cref="SocietyException">Nobody can sign so, or the rules that hold for a program cannot be read.</exception>
    public ScratchpadTools Tools(string author, bool person = false, Role? role = null)
    {
        if (AuthorFault(author) is { } fault) throw new SocietyException(fault);
        if (!person && _unknown is not null) throw _unknown;
        return new ScratchpadTools(_database, (request, _) => Task.Run(() => Commit(request)), new ScratchpadEditor { Author = author, Role = role, Trusted = person, Round = () => RoundInPlay });
    }

    /// <summary>What a person does beside edits: restore, take back, decide, bring in another culture.</summary>
    public T Change<T>(Func<Scratchpad, T> change)
    {
        lock (_gate) return change(_scratchpad);
    }

    /// <summary>Closes the database.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _scratchpad.Dispose();
            _database.Dispose();
        }
    }

    private EditResult Commit(EditRequest request)
    {
        if (!request.Trusted && _unknown is not null) throw _unknown;
        return Change(pad => pad.Commit([request])[0]);
    }

    /// <summary>The rules of the scenario that the run has recorded, and why they are not known where it cannot be read.</summary>
    private (EditRules Rules, SocietyException? Unknown) Rules()
    {
        if (_records.Info() is not { } info) return (new EditRules(), null);
        try
        {
            return (EditRules.From(ScenarioFile.Recorded(info.Scenario, _directory.Database).Culture), null);
        }
        catch (SocietyException fault)
        {
            // The run of another version: people can repair its pages, what holds for programs is not known.
            return (new EditRules(), new SocietyException($"the rules of this run's scenario cannot be read, so that programs cannot edit: {fault.Message}", cause: fault));
        }
    }
}
