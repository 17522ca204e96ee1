"""How alike two source persons are, in bits of evidence: Fellegi and Sunter's model, one record at a time. Pure."""
