"""Pictures, alone and animated."""
