"""What the contracts of the factory wire: classes that need each other, well and badly."""
