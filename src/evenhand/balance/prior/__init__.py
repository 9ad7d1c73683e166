"""The effective prior: what sampler, class weights and loss amount to."""
