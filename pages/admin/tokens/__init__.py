"""Service tokens: what scripts ask with; made, handed over and ended here."""
