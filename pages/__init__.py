"""What a person sees in the browser; pages live in sub-folders, because a file directly here could skip sign-in."""
