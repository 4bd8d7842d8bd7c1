using System.Globalization;
using AgentSociety.Core;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;

namespace AgentSociety.Learning;

/// <summary>What a log must hold for a method, checked before any compute is spent.</summary>
internal static class LogChecks
{
    private const float Certain = 1e-5f;

    /// <exception cref="SocietyException">Something is missing or does not fit; the message names the first episode where it shows.</exception>
    public static void Require(IReadOnlyList<LoggedEpisode> log, FineTuneSettings settings, LanguageModel model)
    {
        if (log.Count == 0) throw new SocietyException("the log holds no episode that passes the filter; widen it");
        if (settings.Policy.RetrospectiveCredit > 0) throw new SocietyException("policy.retrospectiveCredit weighs reviews against a round's verdicts, and a log holds no marks; use it in a scenario's learning");
        if (settings is { Method: FineTuneMethod.PolicyGradient, Policy: { KlWeight: > 0, KlEstimator: KlEstimator.K1 } })
            throw new SocietyException("policy.klEstimator is k1, whose expected gradient is zero: it would add noise and hold the model to nothing; use k3 or k2, or set policy.klWeight to 0");
        if (settings.Policy.StepCredit > 0) Checked(log, settings.Method);
        RequireFit(log, model);
        bool rewarded = log.Any(logged => LogPairs.IsRight(logged, settings.Sound));
        if (settings.Method != FineTuneMethod.Imitation && !rewarded)
        {
            throw new SocietyException($"no episode of the log was verified as right{(settings.Sound ? " and sound" : "")}, which {NamedMethod.NameOf(settings.Method)} needs; set sound to false, or take another log");
        }

        if (settings.Method is FineTuneMethod.Imitation or FineTuneMethod.RejectionSampling) return;
        if (NeedsGroups(log, settings)) Grouped(log, settings.Method);
        if (settings.Method != FineTuneMethod.PolicyGradient) return;
        Sampled(log);
        _ = Temperature(log, settings);
    }

    /// <exception cref="SocietyException">An episode was written in other tokens than the model's, or is longer than its context.</exception>
    public static void RequireFit(IReadOnlyList<LoggedEpisode> log, LanguageModel model)
    {
        TextCode text = model.Text();
        foreach (LoggedEpisode logged in log) Fits(logged, text);
    }

    /// <summary>True where answers to one problem are held against each other: in pairs, or by an advantage over their group. Proposals have no group.</summary>
    private static bool NeedsGroups(IReadOnlyList<LoggedEpisode> log, FineTuneSettings settings) => settings.Method != FineTuneMethod.PolicyGradient
        || (settings.Policy.Advantage is AdvantageEstimator.Group or AdvantageEstimator.GroupNormalised or AdvantageEstimator.LeaveOneOut && log.Any(logged => logged.Episode.Role != Role.Proposer));

    private static void Grouped(IReadOnlyList<LoggedEpisode> log, FineTuneMethod method)
    {
        bool grouped = log.Where(logged => logged.Group is not null).GroupBy(logged => logged.Group).Any(group => group.Skip(1).Any());
        if (!grouped) throw new SocietyException($"the log has one attempt at each problem, and {NamedMethod.NameOf(method)} needs groups; take a run with selfPlay.attemptsPerProblem above 1{(method == FineTuneMethod.PolicyGradient ? ", or set policy.advantage to task, batch or role" : "")}");
    }

    /// <summary>The one temperature that a log was sampled at.</summary>
    /// <exception cref="SocietyException">There are several, or the settings name another.</exception>
    public static double Temperature(IReadOnlyList<LoggedEpisode> log, FineTuneSettings settings)
    {
        double[] recorded = [.. log.Select(logged => logged.Temperature).OfType<double>().Distinct().Order()];
        if (recorded.Length > 1)
        {
            throw new SocietyException($"the log was sampled at the temperatures {string.Join(" and ", recorded.Select(value => value.ToString("g4", CultureInfo.InvariantCulture)))}, and the policy gradient compares with probabilities of one; "
                + "choose runs, or rounds by --rounds, of one temperature");
        }

        if (recorded is [double one] && settings.Temperature is { } given && given != one)
            throw new SocietyException(FormattableString.Invariant($"temperature is {given:g4}, and the log was sampled at {one:g4}; leave it out"));
        return settings.Temperature ?? recorded.FirstOrDefault(1);
    }

    private static void Fits(LoggedEpisode logged, TextCode text)
    {
        EpisodeRecord episode = logged.Episode;
        string name = $"{logged.Run}/{episode.Id}";
        if (episode.Tokens.Length == 0) throw new SocietyException($"episode {name} holds no tokens, as where an agent played at an endpoint; choose others by --agent or --role, or export the log as text and train on that");
        if (!double.IsFinite(episode.Reward)) throw new SocietyException($"episode {name} has a reward of {episode.Reward}, from which nothing can be learned; leave it out, or take another log");
        if (episode.LossMask.Length != episode.Tokens.Length) throw new SocietyException($"episode {name} has {episode.Tokens.Length} tokens and a mask of {episode.LossMask.Length}");
        if (episode.Tokens.Length > text.Context) throw new SocietyException($"episode {name} has {episode.Tokens.Length} tokens and the model's context is {text.Context}");
        if (!text.Matches(episode.Segments, episode.Tokens, episode.LossMask))
        {
            throw new SocietyException($"episode {name} was written with another tokenizer than the model's; take the base model of its run, or export the log as text and train on that");
        }
    }

    private static void Checked(IReadOnlyList<LoggedEpisode> log, FineTuneMethod method)
    {
        if (method != FineTuneMethod.PolicyGradient) throw new SocietyException($"policy.stepCredit belongs to the policy gradient, and the method is {NamedMethod.NameOf(method)}; leave it out, or use policy-gradient");
        if (log.All(logged => logged.Steps.Count == 0)) throw new SocietyException("no step of the log's episodes was judged, which policy.stepCredit needs; leave it out, or take runs of an environment that checks steps");
    }

    private static void Sampled(IReadOnlyList<LoggedEpisode> log)
    {
        foreach (LoggedEpisode logged in log)
        {
            EpisodeRecord episode = logged.Episode;
            bool recorded = episode.LogProbabilities.Length == episode.Tokens.Length
                && episode.LogProbabilities.Where((value, token) => episode.LossMask[token]).Any(value => value != 0);
            if (!recorded) throw new SocietyException($"episode {logged.Run}/{episode.Id} has no log-probabilities, which the policy gradient needs; use rejection-sampling or dpo");
            for (int token = 0; token < episode.Tokens.Length; token++)
            {
                float value = episode.LogProbabilities[token];
                // Sums of float32 may come a hair above certainty.
                if (episode.LossMask[token] && !(value <= Certain && float.IsFinite(value)))
                    throw new SocietyException($"episode {logged.Run}/{episode.Id}, token {token + 1}: {value} is no log-probability, which is finite and at most 0; leave the episode out, or use rejection-sampling or dpo");
            }
        }
    }
}
