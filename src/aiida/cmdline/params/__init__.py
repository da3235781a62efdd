"""Options, arguments and types of parameters that commands share."""
