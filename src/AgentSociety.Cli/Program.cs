Console.WriteLine("agentsociety");
