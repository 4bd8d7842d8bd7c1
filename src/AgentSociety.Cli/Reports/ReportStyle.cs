namespace AgentSociety.Cli.Reports;

/// <summary>How a report looks, on paper-white and on dark.</summary>
internal static class ReportStyle
{
    /// <summary>The whole style sheet.</summary>
    public const string Css = """

        :root { color-scheme: light dark; --ink: #1d2329; --soft: #5b6670; --page: #fbfaf8; --card: #ffffff; --line: #e4e1db; --accent: #0b6e99; --tool: #8a5a00; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --soft: #98a3ad; --page: #14171a; --card: #1c2125; --line: #2d343a; --accent: #5cb8e0; --tool: #e0b060; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 76rem; padding: 3rem 1.5rem 5rem; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
        h1 { margin: 0; font-size: 2.4rem; letter-spacing: -0.02em; line-height: 1.15; }
        h2 { margin: 3rem 0 0.25rem; font-size: 1.35rem; letter-spacing: -0.01em; }
        p { margin: 0.4rem 0; max-width: 46rem; }
        h2 + p, .meta, .note { color: var(--soft); }
        .kicker { color: var(--accent); font-weight: 600; letter-spacing: 0.04em; text-transform: uppercase; font-size: 0.8rem; }
        .lead { font-size: 1.15rem; }
        .meta b { color: var(--ink); font-weight: 600; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.8rem; margin-top: 2rem; }
        .tile, figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem; margin: 0; }
        .tile p { margin: 0; color: var(--soft); font-size: 0.85rem; }
        .tile .value { color: var(--ink); font-size: 1.7rem; font-weight: 650; letter-spacing: -0.02em; }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); gap: 0.8rem; margin-top: 1rem; }
        figure svg { display: block; width: 100%; height: auto; color: var(--ink); margin-top: 0.5rem; }
        figcaption { font-weight: 600; }
        figcaption span { color: var(--soft); font-weight: 400; font-size: 0.85rem; margin-left: 0.4rem; }
        .transcript { margin-top: 0.8rem; }
        pre { margin: 0.6rem 0; padding: 0.8rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--page); white-space: pre-wrap; overflow-wrap: anywhere; font: 0.88rem/1.5 ui-monospace, "Cascadia Code", Menlo, Consolas, monospace; }
        .prompt { color: var(--soft); }
        .tool { color: var(--tool); }
        .model { color: var(--accent); }
        .scroll { overflow-x: auto; margin-top: 1rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: 0.35rem 1.4rem 0.35rem 0; border-bottom: 1px solid var(--line); }
        th { color: var(--soft); font-weight: 500; font-size: 0.85rem; }
        details { margin-top: 1rem; }
        summary { cursor: pointer; color: var(--accent); overflow-wrap: anywhere; }
        @media print { body { padding: 0; } figure, .tile { break-inside: avoid; } }

        """;

    /// <summary>What every report begins with, up to its body: it allows no script and fetches nothing.</summary>
    /// <param name="title">The page's title, not yet encoded.</param>
    public static string Head(string title) => $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="color-scheme" content="light dark">
        <title>{Report.Encode(title)} - AgentSociety</title>
        <style>{Css}</style>
        </head>
        <body>

        """;
}
