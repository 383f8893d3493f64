"""Pictures that let a person believe a match."""
