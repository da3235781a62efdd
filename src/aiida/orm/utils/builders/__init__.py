"""Making entities step by step, from what somebody is asked for."""
