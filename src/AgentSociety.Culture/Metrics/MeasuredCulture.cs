using AgentSociety.Core.Environments;
using Dapper;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>Measures a culture from its database alone, while a run goes on beside it.</summary>
public static class MeasuredCulture
{
    /// <summary>All metrics on one consistent snapshot.</summary>
    /// <param name="database">The database.</param>
    /// <param name="facts">What is true, where the environment knows it.</param>
    /// <param name="scope">What is looked at; the defaults where null.</param>
    public static CultureMetrics MeasureCulture(this SocietyDatabase database, IFactSource? facts = null, MetricsScope? scope = null) =>
        database.Read(connection => new Measurement(connection, facts, scope ?? new MetricsScope()).Measure());

    private sealed class Measurement
    {
        private readonly SqliteConnection _connection;
        private readonly IFactSource? _facts;
        private readonly MetricsScope _scope;
        private readonly int _round;
        private readonly long _afterEpisode;

        internal Measurement(SqliteConnection connection, IFactSource? facts, MetricsScope scope)
        {
            (_connection, _facts, _scope) = (connection, facts, scope);
            _round = connection.ExecuteScalar<int>("SELECT max(coalesce((SELECT max(number) FROM round), 0), coalesce((SELECT max(round) FROM revision), 0))");
            _afterEpisode = connection.ExecuteScalar<long>("SELECT coalesce(max(number), 0) - @Episodes FROM episode", new { scope.Episodes });
        }

        private int Since => _round - _scope.Window + 1;

        internal CultureMetrics Measure()
        {
            List<string> followed = Followed();
            List<LineHistory.Life> standing = [], gone = [];
            foreach (string page in followed)
            {
                (List<LineHistory.Life> stands, List<LineHistory.Life> went) = LineHistory.Of(_connection, page);
                standing.AddRange(stands);
                gone.AddRange(went);
            }

            List<string> claims = [.. standing.Select(life => LineSimilarity.Form(life.Line)).Where(claim => claim.Length > 0)];
            List<long> kinds = [.. claims.CountBy(claim => claim).Select(kind => (long)kind.Value)];
            (long pages, Estimate? cited, Estimate? citing) = Citations();
            (Estimate? adopted, Estimate? readers) = AdoptionOfRevisions();
            (Estimate? reproduction, Estimate? exposure) = Errors([.. standing, .. gone]);
            Dictionary<string, long> authors = gone.Concat(standing).Select(life => life.Born.Author).Distinct().ToDictionary(author => author, _ => 0L);
            foreach (LineHistory.Life life in standing) authors[life.Born.Author]++;
            return new CultureMetrics
            {
                Round = _round,
                Pages = pages,
                PagesFollowed = followed.Count,
                Adoption = Adoption(),
                AdoptedRevisions = adopted,
                ReadersOfRevision = readers,
                CitedPages = cited,
                CitingAgents = citing,
                LineLife = Survival.Of(gone.Select(life => ((double)(life.Died!.Round - life.Born.Round), true)).Concat(standing.Select(life => ((double)(_round - life.Born.Round), false)))),
                UseLife = UseLife(),
                Lineage = Descent(),
                Diversity = Estimate.Diversity(kinds),
                DuplicateShare = Estimate.Share(claims.Count - kinds.Count, claims.Count),
                AuthorshipGini = Estimate.Gini(authors.Values),
                Fidelity = Fidelity(standing),
                Coverage = Coverage(),
                ErrorReproduction = reproduction,
                ErrorExposure = exposure,
                Collapse = Collapse(),
            };
        }

        /// <summary>Pages drawn by a multiplicative hash of their number, the same at every look, until the revisions are spent.</summary>
        private List<string> Followed()
        {
            List<string> pages = [];
            long left = _scope.Revisions;
            foreach ((string name, long revisions) in _connection.Query<(string, long)>("""
                SELECT p.name, c.revisions FROM (SELECT page, count(*) AS revisions FROM revision GROUP BY page) c JOIN page p ON p.id = c.page
                ORDER BY (p.id * 2654435761) % 4294967296
                """))
            {
                if ((left -= revisions) < 0 && pages.Count > 0) break;
                pages.Add(name);
            }

            return pages;
        }

        private Estimate? Adoption()
        {
            (long count, long adopted) = _connection.QuerySingle<(long, long)>("""
                SELECT count(*), coalesce(sum(EXISTS (SELECT 1 FROM read d JOIN revision r ON r.number = d.revision WHERE d.episode = e.number AND r.author <> e.agent)), 0)
                FROM episode e WHERE e.role = 'solver' AND e.round >= @Since AND e.number > @after
                """, new { Since, after = _afterEpisode });
            return Estimate.Share(adopted, count);
        }

        private (Estimate? Adopted, Estimate? Readers) AdoptionOfRevisions()
        {
            // Those of the last stored round had no round yet in which they could be read.
            List<double> readers = [.. _connection.Query<double>("""
                SELECT (SELECT count(DISTINCT e.agent) FROM read d JOIN episode e ON e.number = d.episode WHERE d.revision = r.number AND e.agent <> r.author)
                FROM revision r WHERE r.kind <> 'side' AND r.round >= (SELECT coalesce(min(round), 0) FROM episode WHERE number > @after) AND r.round < (SELECT coalesce(max(round), 0) FROM episode)
                ORDER BY r.number DESC LIMIT @Revisions
                """, new { after = _afterEpisode, _scope.Revisions })];
            return (Estimate.Share(readers.Count(count => count > 0), readers.Count), Estimate.Mean(readers));
        }

        private (long Pages, Estimate? Cited, Estimate? Citing) Citations()
        {
            long pages = _connection.ExecuteScalar<long>("SELECT count(*) FROM page WHERE deleted = 0");
            List<double> agents = [.. _connection.Query<double>("""
                SELECT count(DISTINCT c.agent) FROM (SELECT target, agent FROM citation ORDER BY number DESC LIMIT @Citations) c JOIN page p ON p.name = c.target AND p.deleted = 0
                WHERE NOT EXISTS (SELECT 1 FROM revision r WHERE r.page = p.id AND r.author = c.agent) GROUP BY p.id
                """, new { _scope.Citations })];
            return (pages, Estimate.Share(agents.Count, pages), Estimate.Mean(agents));
        }

        private Survival? UseLife() => Survival.Of(_connection.Query<(int First, int Last)>("""
            SELECT min(e.round), max(e.round) FROM read d JOIN episode e ON e.number = d.episode JOIN revision r ON r.number = d.revision
            WHERE d.episode > @after GROUP BY r.page
            """, new { after = _afterEpisode }).Select(use => _round - use.Last >= _scope.Window ? ((double)(use.Last - use.First), true) : (_round - use.First, false)));

        private Lineage? Descent()
        {
            List<(long Child, long Parent, string Author)> edges = [.. _connection.Query<(long, long, string)>("""
                SELECT DISTINCT r.number, d.revision, s.author FROM episode e JOIN revision r ON r.episode = e.id JOIN read d ON d.episode = e.number JOIN revision s ON s.number = d.revision
                WHERE e.number > @after AND r.kind <> 'side' AND d.revision < r.number ORDER BY r.number
                """, new { after = _afterEpisode })];
            if (edges.Count == 0) return null;
            // Children come in the order of their numbers and parents have smaller ones: one pass finds the longest lines.
            Dictionary<long, int> depths = [];
            foreach ((long child, long parent, string _) in edges) depths[child] = Math.Max(depths.GetValueOrDefault(child), 1 + depths.GetValueOrDefault(parent));
            ILookup<long, string> parents = edges.ToLookup(edge => edge.Child, edge => edge.Author);
            return new Lineage(depths.Values.Max(), Estimate.Mean([.. depths.Values.Select(depth => (double)depth)]),
                Estimate.Share(parents.Count(authors => authors.Distinct().Count() > 1), parents.Count),
                Estimate.Mean([.. edges.CountBy(edge => edge.Parent).Select(children => (double)children.Value)]));
        }

        private Estimate? Fidelity(List<LineHistory.Life> standing)
        {
            if (_facts is null) return null;
            List<FactTruth> stated = [.. standing.Select(life => _facts.Judge(life.Line.TrimEnd('\n'))).Where(truth => truth != FactTruth.NoFact)];
            return Estimate.Share(stated.Count(truth => truth == FactTruth.True), stated.Count);
        }

        private Estimate? Coverage()
        {
            if (_facts is null) return null;
            Dictionary<string, HashSet<string>> lines = _facts.Facts.ToDictionary(page => page.Page, _ => new HashSet<string>(StringComparer.Ordinal));
            IEnumerable<string> notebooks = _connection.Query<string>("SELECT name FROM page WHERE name >= 'agents/' AND name < 'agents0' AND deleted = 0").Where(name => lines.ContainsKey(PageName.InsideNotebook(name)));
            foreach (string[] names in lines.Keys.Concat(notebooks).ToList().Chunk(500))
                foreach ((string name, string body) in _connection.Query<(string, string)>("SELECT name, body FROM page WHERE name IN @names AND deleted = 0", new { names }))
                    lines[PageName.InsideNotebook(name)].UnionWith(body.Split('\n'));
            List<bool> known = [.. _facts.Facts.SelectMany(page => page.Lines.Select(line => lines[page.Page].Contains(line)))];
            return Estimate.Share(known.Count(fact => fact), known.Count);
        }

        private (Estimate? Reproduction, Estimate? Exposure) Errors(List<LineHistory.Life> lives)
        {
            if (_facts is null) return (null, null);
            List<LineHistory.Life> errors = [.. lives.Where(life => _facts.Judge(life.Line.TrimEnd('\n')) == FactTruth.False).OrderBy(life => life.Born.Number).Take(_scope.FalseStatements)];
            double[] restated = new double[errors.Count], exposed = new double[errors.Count];
            ILookup<(string Page, string Line), int> stated = Enumerable.Range(0, errors.Count).ToLookup(index => (errors[index].Page, errors[index].Line));
            ILookup<string, int> sayings = Enumerable.Range(0, errors.Count).ToLookup(index => errors[index].Line);
            for (int index = 0; index < errors.Count; index++)
            {
                LineHistory.Life life = errors[index];
                exposed[index] = _connection.ExecuteScalar<long>("""
                    SELECT count(DISTINCT e.number) FROM revision r JOIN read d ON d.revision = r.number JOIN episode e ON e.number = d.episode
                    WHERE r.page = (SELECT id FROM page WHERE name = @Page) AND r.number >= @born AND r.number < @died AND e.role = 'solver' AND e.outcome <> 'correct' AND e.agent <> @Author
                    """, new { life.Page, born = life.Born.Number, died = life.Died?.Number ?? long.MaxValue, life.Born.Author });
                if (life.Born.Episode is not { } episode || sayings[life.Line].Count() == 1) continue;
                // The statement that was read last before this one was made is its parent: each child has one.
                int? parent = _connection.Query<(string Page, long Revision)>("""
                    SELECT p.name, d.revision FROM episode e JOIN read d ON d.episode = e.number JOIN revision r ON r.number = d.revision JOIN page p ON p.id = r.page
                    WHERE e.id = @episode AND d.revision < @born ORDER BY d.position DESC
                    """, new { episode, born = life.Born.Number })
                    .SelectMany(read => stated[(read.Page, life.Line)].Where(other => errors[other].Born.Author != life.Born.Author && errors[other].Born.Number <= read.Revision && read.Revision < (errors[other].Died?.Number ?? long.MaxValue)))
                    .Select(other => (int?)other).FirstOrDefault();
                if (parent is { } source) restated[source]++;
            }

            return (Estimate.Mean(restated), Estimate.Mean(exposed));
        }

        private CollapseSigns Collapse()
        {
            long gutting = _connection.ExecuteScalar<long>("""
                SELECT count(*) FROM revision r JOIN revision s ON s.number = r.parent
                WHERE r.round >= @Since AND r.kind IN ('edit', 'merge') AND s.size > 0 AND r.size < 0.5 * s.size
                """, new { Since });
            Dictionary<bool, (long Correct, long Count)> tests = _connection.Query<(bool Reading, long Correct, long Count)>("""
                SELECT reading, sum(correct), sum(count) FROM held_out
                WHERE round = (SELECT max(round) FROM held_out WHERE reading = 1 AND round IN (SELECT round FROM held_out WHERE reading = 0)) GROUP BY reading
                """).ToDictionary(row => row.Reading, row => (row.Correct, row.Count));
            (long Correct, long Count) with = tests.GetValueOrDefault(true), without = tests.GetValueOrDefault(false);
            return new CollapseSigns(gutting, Estimate.Difference(with.Correct, with.Count, without.Correct, without.Count));
        }
    }
}
