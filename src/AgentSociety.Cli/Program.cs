using AgentSociety.Cli;

return await CommandLine.Run(args, Terminal.OfProcess()).ConfigureAwait(false);
