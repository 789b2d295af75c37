"""What every command stands on: context, options, prompts, exit codes and signals."""
