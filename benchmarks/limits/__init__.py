"""How far compiled code is from what the machine could do: operations counted, rates measured, a bound from both."""
