"""What belongs to one's account: who one is, how one is told, who else may act."""
