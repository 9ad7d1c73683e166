"""Rules about samplers, class weights and losses, and what they amount to."""
